// A CommonJS project that requires ES modules, which TypeScript supports from 5.8 on.
import { Client, Hub } from '@chat/core'
import { attach } from '@chat/node-ws'

export const names: string[] = [Client.name, Hub.name, attach.name]
