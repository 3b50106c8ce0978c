/**
 * Loaded into the `phala` child (`node --import`) where a proxy variable is set: Node's own `fetch`, which phala
 * uses, ignores HTTPS_PROXY on Node 20. undici 7 shares its global dispatcher with it.
 * https://undici.nodejs.org/#/docs/api/GlobalInstallation
 */
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";

setGlobalDispatcher(new EnvHttpProxyAgent());
