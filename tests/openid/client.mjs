// Drives the relying party of docs/openid.md line by line: a command as JSON comes in, its result goes out.
import { createInterface } from 'node:readline'
import * as openid from 'openid-client'

const { config, begin, finish, refresh, leave } = await import(process.argv[2])
const session = {}

const given = () => ({ given: session.tokens, claims: session.tokens.claims() })

const commands = {
  discover: async () => config.serverMetadata(),
  begin: async ({ asked }) => ({ url: (await begin(session, asked)).href }),

  async finish({ address, maxAge }) {
    if (maxAge !== undefined) session.checks.maxAge = maxAge
    await finish(session, new URL(address))
    return given()
  },

  async refresh({ token }) {
    if (token !== undefined) session.tokens.refresh_token = token
    await refresh(session)
    return given()
  },

  userinfo: ({ token, subject }) => openid.fetchUserInfo(config, token, subject),
  introspect: ({ token }) => openid.tokenIntrospection(config, token),

  async revoke({ token }) {
    await openid.tokenRevocation(config, token)
    return {}
  },

  leave: async () => ({ url: leave(session).href }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...said } = JSON.parse(line)
  let result
  try {
    result = await commands[name](said)
  } catch (failure) {
    result = { failed: failure.code ?? failure.name, error: failure.error, message: failure.message }
  }
  process.stdout.write(JSON.stringify(result) + '\n')
}
