/** The client alone: the package itself would look for a native one, and for pools. */
declare module "pg/lib/client.js" {
  import { Client } from "pg"
  export default Client
}
