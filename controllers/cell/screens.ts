/** What the screens of servers are called in the certificate that hosts show the console proxy: they have no names of their own. */
export function screenName(service: string): string {
  return `${service}-screens`;
}

/**
 * Starts Nova's console proxy. Its half of TLS to hosts calls a function that Python 3.12 took out
 * (nova:nova/console/rfb/authvencrypt.py); the one that stands in for it also looks at the name of who answers.
 */
export const consoleProgram = `
import ssl, sys
name = sys.argv[1]
def wrap_socket(sock, keyfile, certfile, server_side, cert_reqs, ca_certs):
    context = ssl.create_default_context(cafile=ca_certs)
    context.load_cert_chain(certfile, keyfile)
    return context.wrap_socket(sock, server_hostname=name)
ssl.wrap_socket = wrap_socket
from nova.cmd.novncproxy import main
sys.argv = ["nova-novncproxy"]
sys.exit(main())
`.trim();
