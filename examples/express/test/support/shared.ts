import { Stage } from './stage.ts'

/** The server that all sections of the black-box test share. */
export const stage: Stage = Stage.use()
