// The certified provider of npm, with one client, one resource and whatever login it is told.
import Provider from 'oidc-provider';

const { ISSUER, PORT, KEYS, CALLBACK } = process.env;
const provider = new Provider(ISSUER, {
  jwks: { keys: JSON.parse(KEYS) },
  clients: [{
    client_id: 'console',
    token_endpoint_auth_method: 'none',
    redirect_uris: [CALLBACK],
    application_type: 'native',
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  extraTokenClaims: async () => ({ groups: ['officers'] }),
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:lienthong',
      useGrantedResource: () => true,
      getResourceServerInfo: async () => ({
        scope: 'use',
        audience: 'lienthong',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
      }),
    },
  },
});
provider.listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
