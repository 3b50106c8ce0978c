/** What is used of undici, by name: of a CommonJS module that is loaded late a bundle hands on the default export alone. */
export { Agent, EnvHttpProxyAgent, request } from "undici";
