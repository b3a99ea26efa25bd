/**
 * Whether notifications may be sent to an endpoint. A client names the endpoint, so without this list anybody could
 * make the server call any address. [NOTIFY-5]
 * @param hosts the setting PUSH_HOSTS: `push.example`, `*.push.example`, or an origin like `http://127.0.0.1:9000`,
 *   separated by spaces. Only an origin can allow plain http or a port.
 */
export function isAllowedEndpoint(hosts: string, endpoint: string): boolean {
  const { protocol, hostname, port, origin } = new URL(endpoint);
  const isUsual = protocol === "https:" && port === "";
  return hosts.split(/\s+/).some((host) => {
    if (host === "") return false;
    if (host.includes("://")) return host === origin;
    if (!isUsual) return false;
    return host.startsWith("*.") ? hostname.endsWith(host.slice(1)) : hostname === host;
  });
}
