// better-auth as its documentation has it for production: Node's own SQLite, and the session kept in a signed cookie for
// five minutes, so that a check reads no database.
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";

const port = Number(process.env.PEER_PORT);
const options = {
  baseURL: `http://localhost:${port}`,
  secret: "a key of this measurement and of nothing else",
  database: new DatabaseSync(`${process.env.PEER_DATA}/users.db`),
  emailAndPassword: { enabled: true },
  session: { cookieCache: { enabled: true, maxAge: 5 * 60 } },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
createServer(toNodeHandler(betterAuth(options))).listen(port, "127.0.0.1", () => console.log("served"));
