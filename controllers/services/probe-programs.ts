/**
 * What every probe begins with. It ends with one line, `Reason: what to do`, which is all that is ever printed: no value of a Secret, and no
 * text of a server, which may repeat one.
 */
const beginning = `
import json, os, pathlib, socket, ssl, sys

task = json.loads(sys.argv[1])
where, port, ca, patience = task["where"], task["port"], task["ca"], 10


def end(reason, words):
    print(f"{reason}: {words}", flush=True)
    sys.exit(1)


def secret(name, key):
    return pathlib.Path(task["secrets"], name, key).read_bytes().decode()


def named(error, host, at=port):
    "Ends where the network or TLS is what is wrong."
    if isinstance(error, socket.gaierror):
        end("HostUnknown", f"{host} has no address; correct the host in {where}, or the name service")
    if isinstance(error, ssl.SSLCertVerificationError):
        end("CertificateRefused", f"the certificate of {host}:{at} is refused: {error.verify_message}; correct {where}.tls.ca or the certificate")
    if isinstance(error, ssl.SSLError):
        end("TlsRefused", f"{host}:{at} does not speak TLS: {error.reason}; correct the port in {where}, or set {where}.tls.enabled")
    if isinstance(error, TimeoutError):
        end("HostUnreachable", f"{host}:{at} does not answer within {patience} s; correct {where}, or the network between")
    if isinstance(error, OSError) and error.errno:
        end("HostUnreachable", f"{host}:{at}: {os.strerror(error.errno)}; correct {where}, or start the server")


def trust():
    "How servers are checked, no stricter than the services do; nothing where connections are plain."
    if not ca:
        return None
    try:
        context = ssl.create_default_context(cafile=ca)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context
    except ssl.SSLError:
        end("CertificateRefused", f"{where}.tls.ca holds no certificate in PEM")


def reach(host, at=port):
    "Ends where nobody listens, so that libraries need not be asked why they failed."
    try:
        socket.create_connection((host, at), patience).close()
    except OSError as error:
        named(error, host, at)
        raise
`;

/** Logs in as each of `logins`, looks for their databases, and runs `statements`, a file with one in each line. */
export const databaseProgram = `${beginning}
import pymysql

host = task["hosts"][0]
wrong = {
    1045: ("LoginRefused", "refuses user name and password of Secret {secret}; correct the Secret, or the account"),
    1698: ("LoginRefused", "refuses user name and password of Secret {secret}; correct the Secret, or the account"),
    1044: ("NotAllowed", "does not let the account of Secret {secret} use database {database}; make the database, or grant the account all rights on it"),
    1049: ("DatabaseMissing", "has no database {database}; make it, or correct {where}.prefix"),
    3159: ("TlsRefused", "takes no plain connections; set {where}.tls.enabled"),
}
forbidden = {1044, 1045, 1142, 1143, 1227, 1410, 1698}


def connect(login, database=None):
    words = {"secret": login["secret"], "database": database, "where": where}
    options = {"ssl": trust()} if ca else {"ssl_disabled": True}
    try:
        user, password = secret(login["secret"], "username"), secret(login["secret"], "password")
        connection = pymysql.connect(host=host, port=port, user=user, password=password, database=database, connect_timeout=patience, **options)
    except pymysql.err.MySQLError as error:
        named(getattr(error, "original_exception", None), host)
        code = error.args[0] if error.args else 0
        reason, text = wrong.get(code, ("ServerRefused", f"answers with error {code}"))
        end(reason, f"{host}:{port} " + text.format(**words))
    # The library goes on in plain text where the server offers no TLS.
    if ca and not isinstance(connection._sock, ssl.SSLSocket):
        end("TlsRefused", f"{host}:{port} offers no TLS; enable it there, or set {where}.tls.enabled to false")
    return connection


reach(host)
for login in task["logins"]:
    for database in login["databases"] or [None]:
        connect(login, database).close()
if task.get("statements"):
    [administrator] = task["logins"]
    connection = connect(administrator)
    try:
        with connection.cursor() as cursor:
            for statement in secret(task["access"], task["statements"]).splitlines():
                cursor.execute(statement)
    except pymysql.err.MySQLError as error:
        if error.args[0] in forbidden:
            end("NotAllowed", f"{host}:{port} does not let the account of Secret {administrator['secret']} make databases and accounts; grant it ALL on *.* WITH GRANT OPTION, or give accounts in {where}.access")
        end("ServerRefused", f"{host}:{port} answers with error {error.args[0]} to a statement that makes databases and accounts")
print("all is well")
`.trim();

/** Makes virtual host and account by the management API where there is an `administrator`, then logs in by AMQP at any of the hosts. */
export const messagingProgram = `${beginning}
import base64, urllib.error, urllib.parse, urllib.request
import amqp

virtual_host, account = task["virtualHost"], task["account"]


def called(path, body):
    "Puts something by the management API."
    administrator, host = task["administrator"], task["hosts"][0]
    at = administrator["port"]
    login = ":".join(secret(administrator["secret"], key) for key in ("username", "password"))
    name = f"[{host}]" if ":" in host else host
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode(), "Content-Type": "application/json"}
    request = urllib.request.Request(f"http{'s' if ca else ''}://{name}:{at}/api/{path}", json.dumps(body).encode(), headers, method="PUT")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=trust())] if ca else []))
    try:
        opener.open(request, timeout=patience).close()
    except urllib.error.HTTPError as error:
        if error.code == 401:
            end("LoginRefused", f"the management API at {host}:{at} refuses user name and password of Secret {administrator['secret']}; correct the Secret, or give its user the tag administrator")
        if error.code == 403:
            end("NotAllowed", f"the management API at {host}:{at} does not let the user of Secret {administrator['secret']} make virtual hosts and users; give it the tag administrator")
        end("ServerRefused", f"the management API at {host}:{at} answers with status {error.code}")
    except urllib.error.URLError as error:
        named(error.reason, host, at)
        end("HostUnreachable", f"{host}:{at} does not answer as a management API; correct {where}.access.administrator.port")


def make():
    quoted, user = urllib.parse.quote(virtual_host, safe=""), urllib.parse.quote(account["name"], safe="")
    reach(task["hosts"][0], task["administrator"]["port"])
    called(f"vhosts/{quoted}", {})
    called(f"users/{user}", {"password": secret(account["secret"], "password"), "tags": ""})
    for each in [user, *(urllib.parse.quote(other, safe="") for other in task.get("others", []))]:
        called(f"permissions/{quoted}/{each}", {"configure": ".*", "write": ".*", "read": ".*"})


def log_in(host):
    reach(host)
    user = account["name"] or secret(account["secret"], "username")
    name = f"[{host}]" if ":" in host else host
    tls = {"ca_certs": ca, "cert_reqs": ssl.CERT_REQUIRED, "server_hostname": host} if trust() else False
    connection = amqp.Connection(
        host=f"{name}:{port}", userid=user, password=secret(account["secret"], "password"), login_method="PLAIN",
        virtual_host=virtual_host, ssl=tls, connect_timeout=patience, read_timeout=patience, write_timeout=patience)
    joined = False
    try:
        connection.connect()
        joined = True
        # A name of its own and gone with the connection: shows that queues may be made.
        connection.channel().queue_declare(exclusive=True, auto_delete=True)
    except amqp.exceptions.NotAllowed:
        end("VirtualHostMissing", f"{host}:{port} has no virtual host {virtual_host} for the account of Secret {account['secret']}; make it, or give the account its rights")
    except amqp.exceptions.AccessRefused:
        if joined:
            end("NotAllowed", f"{host}:{port} does not let the account of Secret {account['secret']} make queues in virtual host {virtual_host}; let it configure, write and read there")
        end("LoginRefused", f"{host}:{port} refuses user name and password of Secret {account['secret']}; correct the Secret, or the account")
    except (amqp.exceptions.AMQPError, OSError) as error:
        named(error, host)
        end("ServerRefused", f"{host}:{port} does not answer as a broker; correct the port in {where}")
    connection.close()


if task["administrator"]:
    make()
# One member that answers is enough: the services find it too.
for last, host in enumerate(task["hosts"], 1 - len(task["hosts"])):
    try:
        log_in(host)
        break
    except SystemExit:
        if last == 0:
            raise
print("all is well")
`.trim();
