import { randomBytes, randomUUID } from 'node:crypto'
import type { Credentials, User } from '@chat/core'
import { type Request, Router } from 'express'
import { errors, jwtVerify, SignJWT } from 'jose'
import { type Role, roleOf } from './directory.ts'

export interface Member extends User {
  readonly role: Role
}

const { JWT_SECRET, TOKEN_LIFETIME = '10m' } = process.env
const key = JWT_SECRET === undefined ? randomBytes(32) : Buffer.from(JWT_SECRET)
// In your application these are in its database: users by their refresh tokens, and users who are banned.
const refreshTokens = new Map<string, string>()
const banned = new Set<string>()

export async function authenticate({ token }: Credentials): Promise<Member | null> {
  if (token === null) return null
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['sub', 'exp'] })
    const { sub = '', exp = 0, role } = payload
    if (banned.has(sub)) return null
    return { id: sub, role: role as Role, expiresIn: exp * 1_000 - Date.now() }
  } catch (error) {
    if (error instanceof errors.JOSEError) return null // a wrong token: the client does not try again
    throw error
  }
}

/** Ends all refresh tokens of a user, who cannot come back. */
export function ban(user: string): void {
  banned.add(user)
  for (const [token, owner] of refreshTokens) if (owner === user) refreshTokens.delete(token)
}

const refreshOf = ({ headers }: Request): string => /refresh=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? ''

/** Each user has a path, and a cookie for it: so several people can be signed in side by side in one browser. */
export const authRoutes = Router()
  .post('/:user/login', ({ params: { user } }, response) => {
    if (roleOf(user) === null || banned.has(user)) return void response.sendStatus(401) // check the password here
    const refresh = randomUUID()
    refreshTokens.set(refresh, user)
    response.cookie('refresh', refresh, { httpOnly: true, sameSite: 'strict', path: `/auth/${user}` })
    response.sendStatus(204)
  })
  .post('/:user/token', async (request, response) => {
    const user = refreshTokens.get(refreshOf(request))
    if (user === undefined) return void response.sendStatus(401)
    const token = new SignJWT({ role: roleOf(user) }).setProtectedHeader({ alg: 'HS256' }).setSubject(user)
    response.type('text').send(await token.setExpirationTime(TOKEN_LIFETIME).sign(key))
  })
  .post('/:user/logout', (request, response) => {
    refreshTokens.delete(refreshOf(request))
    response.sendStatus(204)
  })
