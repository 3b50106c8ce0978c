/** Phala's API, the network, the `phala` CLI and waiting for them. */
import { inDestroy, inErrors, inGate, inInputs, inReliability, inStatus } from "./entry.ts";

export const PLATFORM = {
  "api-failed": inReliability("platform", "Phala's API failed")
    .cause("The API answered with an error, or with something that can't be right.")
    .remedy("Run the same command again in a moment; `--verbose` shows every request."),
  "api-key-refused": inErrors("prerequisite", "The API key was refused")
    .cause("Phala's API does not accept the key, or the key may not do this.")
    .remedy(
      "Put a valid key into `PHALA_API_KEY` (https://cloud.phala.com/dashboard, API tokens).",
    ),
  "api-redirected": inErrors("platform", "The API redirects")
    .cause("The server redirects to another address; the key is never sent there.")
    .remedy("Check `PHALA_API_URL`, and whether a proxy or captive portal is in between."),
  "not-the-api": inErrors("platform", "Something else answered")
    .cause("A captive portal, a proxy's error page or a web site answered for the API.")
    .remedy(
      "Check `PHALA_API_URL`, and whether a proxy, firewall or captive portal is in between.",
    ),
  "onchain-kms-unsupported": inErrors("prerequisite", "On-chain KMS is not supported")
    .cause("The workspace uses a KMS whose approvals are transactions on a chain.")
    .remedy("Use a workspace with Phala's own KMS (`kms_type` phala)."),
  "bad-proxy": inInputs("input", "Unusable proxy variable")
    .cause("A proxy variable is not a URL that can be used.")
    .remedy("Fix or unset the variable that the message names."),
  "dns-failed": inErrors("platform", "Host name not found")
    .cause(
      "The DNS server does not know the host, or did not answer: offline, a typo, or a DNS failure. It says nothing about the API key.",
    )
    .remedy("Check the network connection, the host name and the DNS server."),
  "connection-refused": inErrors("platform", "Connection refused")
    .cause("Nothing listens at that host and port, or a firewall refuses it.")
    .remedy("Check host and port, and whether a firewall is in between."),
  "network-unreachable": inErrors("platform", "Network unreachable")
    .cause("There is no route to the host: offline, or a VPN is missing.")
    .remedy("Check the network connection and the VPN."),
  "request-timed-out": inErrors("platform", "A request timed out")
    .cause("The other side did not answer in time.")
    .remedy("Check the network connection, then run the same command again."),
  "connection-lost": inErrors("platform", "Connection lost")
    .cause("The connection ended before the answer was complete.")
    .remedy("Run the same command again."),
  "tls-untrusted": inErrors("platform", "Certificate not trusted")
    .cause(
      "The server's certificate is not signed by an authority that Node trusts, as with proxies that inspect TLS.",
    )
    .remedy(
      "Put the proxy's CA certificate (PEM) into a file and name it with `NODE_EXTRA_CA_CERTS`.",
    ),
  "tls-failed": inErrors("platform", "TLS failed")
    .cause(
      "No secure connection could be made: a wrong URL, a wrong clock, an expired certificate.",
    )
    .remedy("Check the URL, the clock and the proxy."),
  "ca-file-invalid": inErrors("platform", "Unusable CA file")
    .cause(
      "The file of certificates that a variable names can't be read or holds no PEM certificate.",
    )
    .remedy("Point the variable to a readable file of PEM certificates, or unset it."),
  "proxy-failed": inErrors("platform", "The proxy failed")
    .cause("The proxy can't be reached, or can't reach the host.")
    .remedy("Check `HTTPS_PROXY` and `HTTP_PROXY`; exempt a host with `NO_PROXY`."),
  "proxy-auth-required": inErrors("platform", "The proxy asks for a password")
    .cause("The proxy requires a user name and a password (407).")
    .remedy("Put them into its URL: `HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT`."),
  "answer-too-large": inErrors("platform", "An answer is too large")
    .cause("What answered does not behave like the service.")
    .remedy("Check that the URL is right."),
  "answer-malformed": inErrors("platform", "A malformed answer")
    .cause("What answered does not speak HTTP as the service does.")
    .remedy("Check that the URL is right."),
  "phala-refused": inGate("platform", "Phala refused the request")
    .cause(
      "The platform, or the `phala` command, refused to create, update or delete a CVM. The message has its reason.",
    )
    .remedy("Follow the reason (credit, quota, size, node), then run the same command again."),
  "unexpected-request": inGate("platform", "phala made an unexpected request")
    .cause(
      "The `phala` command tried to change something that it was not asked to; the request was not passed on.",
    )
    .remedy("Check that `--phala-bin` is the real `phala` of a supported version."),
  "create-uncertain": inReliability("platform", "Unclear whether a CVM was created")
    .cause(
      "The connection broke while the CVM was being created, so it may exist. It is never created twice.",
    )
    .remedy("Run the same command again: it looks for it first."),
  "lookup-failed": inReliability("platform or finding", "A look-up failed")
    .cause("Could not find out whether a CVM exists or how it is; that is never treated as absent.")
    .remedy("Run the same command again."),
  "look-failed": inStatus("finding", "The last refresh failed")
    .cause("`status --watch` could not read the state; what is shown is older.")
    .remedy("Wait; it tries again."),
  "cvm-incomplete": inErrors("platform", "A CVM's description is incomplete")
    .cause("The API does not say the app_id, vm_uuid, node or gateway domain of the CVM.")
    .remedy("Look at it: `phala cvms get NAME --json`."),
  "address-incomplete": inInputs("platform", "An address can't be built")
    .cause("The gateway template uses something that the API does not say of this CVM.")
    .remedy("Choose another template with `--gateway-url`."),
  "wait-timed-out": inErrors("timeout", "Timed out")
    .cause("What was waited for did not happen within `--timeout`. It may still happen.")
    .remedy(
      "Look at the CVM's log (`tee-cluster logs`), then run the same command again; it resumes.",
    ),
  "cvm-not-deleted": inReliability("platform", "A CVM was not deleted")
    .cause("Could not confirm that the CVM was deleted; it may still cost money.")
    .remedy(
      "Run the same command again: it deletes it first. See what exists: `tee-cluster status`.",
    ),
  "cvms-left": inDestroy("platform", "Not everything was deleted")
    .cause("`destroy` could not delete all CVMs of the cluster.")
    .remedy("Run the same command again: it resumes with what is left."),
} as const;
