// Makes and queries a collection with npm's @rockset/client, unmodified. Arguments: server, key, stream.
const { createRequire } = require('node:module');
const path = require('node:path');

const load = createRequire(path.join(__dirname, '../../scripts/kinesis/package.json'));
const rockset = load('@rockset/client').default;

async function main([server, key, stream]) {
  const client = rockset(key, server);
  await client.integrations.createIntegration({
    name: 'node-integration',
    kinesis: { aws_access_key: { aws_access_key_id: 'test', aws_secret_access_key: 'test' } },
  });
  const source = { integration_name: 'node-integration', kinesis: { stream_name: stream } };
  const made = await client.collections.createCollection('commons', { name: 'node-demo', sources: [source] });
  if (made.data.name !== 'node-demo') {
    throw new Error(`unexpected answer ${JSON.stringify(made)}`);
  }
  const sql = {
    query: 'SELECT count(*) FROM "node-demo" WHERE n > :least',
    parameters: [{ name: 'least', type: 'int', value: '49' }],
  };
  for (let tries = 0; tries < 300; tries++) {
    const { results } = await client.queries.query({ sql });
    if (results[0]['?count'] === 50) {
      console.log(JSON.stringify(results));
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the posts did not arrive');
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
