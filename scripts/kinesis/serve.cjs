// A local Kinesis on loopback that keeps its streams in a folder. Arguments: port, folder.
const kinesalite = require('kinesalite');

const [port, path] = process.argv.slice(2);
const server = kinesalite({ path, createStreamMs: 50, deleteStreamMs: 50, updateStreamMs: 50, shardLimit: 100 });
server.listen(Number(port), '127.0.0.1', () => console.log(`listening on 127.0.0.1:${port}`));
// The store writes each record as it comes, so there is nothing to flush.
process.on('SIGTERM', () => process.exit(0));
