// A relying party on openid-client, driven line by line: a command as JSON comes in, its result goes out.
// Configured as docs/openid.md says.
import { createInterface } from 'node:readline'
import * as openid from 'openid-client'

const [issuer, id, secret, callback] = process.argv.slice(2)

let config
const waiting = {}

const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }

function imported(pkcs8) {
  return crypto.subtle.importKey('pkcs8', Buffer.from(pkcs8, 'base64'), ES256, false, ['sign'])
}

const commands = {
  /** With a secret, or with a key of the client's own (private_key_jwt). */
  async discover({ key }) {
    const shown = key ? openid.PrivateKeyJwt({ key: await imported(key), kid: 'ours' }) : openid.ClientSecretBasic(secret)
    const options = issuer.startsWith('http://') ? { execute: [openid.allowInsecureRequests] } : {}
    config = await openid.discovery(new URL(issuer), id, { id_token_signed_response_alg: 'ES256' }, shown, options)
    return config.serverMetadata()
  },

  /** Where to send the person: the request itself is pushed. */
  async begin({ asked }) {
    waiting.pkceCodeVerifier = openid.randomPKCECodeVerifier()
    waiting.expectedState = openid.randomState()
    waiting.expectedNonce = openid.randomNonce()
    const url = await openid.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: callback,
      scope: 'openid email offline_access',
      code_challenge: await openid.calculatePKCECodeChallenge(waiting.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: waiting.expectedState,
      nonce: waiting.expectedNonce,
      ...asked,
    })
    return { url: url.href }
  },

  async finish({ address, maxAge }) {
    const checks = maxAge === undefined ? waiting : { ...waiting, maxAge }
    const given = await openid.authorizationCodeGrant(config, new URL(address), checks)
    return { given, claims: given.claims() }
  },

  async refresh({ token }) {
    const given = await openid.refreshTokenGrant(config, token)
    return { given, claims: given.claims() }
  },

  userinfo: ({ token, subject }) => openid.fetchUserInfo(config, token, subject),
  introspect: ({ token }) => openid.tokenIntrospection(config, token),

  async revoke({ token }) {
    await openid.tokenRevocation(config, token)
    return {}
  },

  async end({ hint, back }) {
    const url = openid.buildEndSessionUrl(config, { id_token_hint: hint, post_logout_redirect_uri: back, state: 'bye' })
    return { url: url.href }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...given } = JSON.parse(line)
  let result
  try {
    result = await commands[name](given)
  } catch (failure) {
    result = { failed: failure.code ?? failure.name, error: failure.error, message: failure.message }
  }
  process.stdout.write(JSON.stringify(result) + '\n')
}
