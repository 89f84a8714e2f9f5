"""A stand-in for the command k3s on a test host: K3s's files, ports and exit codes over a real etcd of real members.

Real: etcd, its TLS, its members, its snapshots. Not real: Kubernetes (nodes are keys of etcd, port 6443 answers a few
questions), containers, learners, the object store. A node is ready as long as it once registered.
"""

# ruff: noqa: PLW1509, PLW1510, B905
import base64
import ctypes
import http.server
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import yaml

VERSION = "@VERSION@"
ETC, VAR = Path("/etc/rancher/k3s"), Path("/var/lib/rancher/k3s")
TLS, DB = VAR / "server/tls", VAR / "server/db"
OF_ETCD = TLS / "etcd"
CTL = ["etcdctl", f"--cacert={OF_ETCD}/server-ca.crt", f"--cert={OF_ETCD}/server-client.crt"]
CTL += [f"--key={OF_ETCD}/server-client.key", "--command-timeout=5s", "--dial-timeout=2s"]


def fatal(text):
    sys.exit(f'level=fatal msg="{text}"')


def config():
    found = {}
    for path in [ETC / "config.yaml", *sorted((ETC / "config.yaml.d").glob("*.yaml"))]:
        if path.exists():
            found |= yaml.safe_load(path.read_text()) or {}
    found["token"] = Path(found["token-file"]).read_text().strip()
    return found


def ctl(*words, at="127.0.0.1:2379", stdin=None):
    done = subprocess.run(
        [*CTL, f"--endpoints=https://{at}", *words], capture_output=True, text=True, input=stdin, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def get(key):
    return ctl("get", key, "--print-value-only").strip()


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def make_ca():
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/CN=k3s-server-ca",
        "-keyout",
        f"{TLS}/server-ca.key",
        "-out",
        f"{TLS}/server-ca.crt",
    )


def make_certificate(address):
    base, names = f"{OF_ETCD}/server-client", OF_ETCD / "names"
    names.write_text(f"subjectAltName=IP:127.0.0.1,IP:{address}\nextendedKeyUsage=serverAuth,clientAuth\n")
    openssl(
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=etcd",
        "-keyout",
        f"{base}.key",
        "-out",
        f"{base}.csr",
    )
    openssl(
        "x509",
        "-req",
        "-in",
        f"{base}.csr",
        "-CA",
        f"{TLS}/server-ca.crt",
        "-CAkey",
        f"{TLS}/server-ca.key",
        "-CAcreateserial",
        "-days",
        "30",
        "-extfile",
        str(names),
        "-out",
        f"{base}.crt",
    )
    (OF_ETCD / "server-ca.crt").write_text((TLS / "server-ca.crt").read_text())


def bootstrap_data():
    return {name: (TLS / name).read_text() for name in ("server-ca.crt", "server-ca.key")}


def take_bootstrap(data):
    for name, text in data.items():
        (TLS / name).write_text(text)


def ask(address, path, token, body=None):
    """Another server's port 6443, as a joining node asks it."""
    request = urllib.request.Request(f"{address}{path}", data=body and json.dumps(body).encode())
    request.add_header("Authorization", "Basic " + base64.b64encode(f"node:{token}".encode()).decode())
    anyone = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(request, context=anyone, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        fatal(f"{address}: {error.code} {error.read().decode()}")
    except OSError as error:
        fatal(f"failed to get CA certs: {error}")


def tied():
    """Ends with this process, as an embedded etcd does."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run_etcd(address, name, cluster, state, extra=()):
    pair = [f"{OF_ETCD}/server-client.crt", f"{OF_ETCD}/server-client.key", f"{OF_ETCD}/server-ca.crt"]
    argv = ["etcd", f"--name={name}", f"--data-dir={DB}/etcd", "--client-cert-auth", "--peer-client-cert-auth"]
    for kind in ("", "peer-"):
        argv += [f"--{kind}{what}={file}" for what, file in zip(("cert-file", "key-file", "trusted-ca-file"), pair)]
    argv += [
        f"--listen-client-urls=https://127.0.0.1:2379,https://{address}:2379",
        f"--advertise-client-urls=https://{address}:2379",
        f"--listen-peer-urls=https://{address}:2380",
        f"--initial-advertise-peer-urls=https://{address}:2380",
        f"--initial-cluster={cluster}",
        f"--initial-cluster-state={state}",
        "--heartbeat-interval=50",
        "--election-timeout=500",
        "--unsafe-no-fsync",
        "--log-level=error",
        *extra,
    ]
    return subprocess.Popen(argv, preexec_fn=tied)


def register(node, wanted_password, version):
    """As the node-password secret: a node of that name with another password is refused."""
    known = get(f"/passwords/{node['name']}")
    if known and known != wanted_password:
        return "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match"
    ctl("put", f"/passwords/{node['name']}", wanted_password)
    ctl("put", f"/nodes/{node['name']}", json.dumps(node | {"version": version}))
    return ""


def node_password():
    path = Path("/etc/rancher/node/password")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(uuid.uuid4().hex)
        path.chmod(0o600)
    return path.read_text()


def serve(token, address):
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def answer(self, code, value):
            body = json.dumps(value).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.handle_it(None)

        def do_POST(self):
            self.handle_it(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def handle_it(self, body):
            given = self.headers.get("Authorization", "").removeprefix("Basic ")
            if base64.b64decode(given).decode().partition(":")[2] != token:
                return self.answer(401, "Unauthorized: not the token of this cluster")
            try:
                if self.path == "/readyz":
                    ctl("get", "health")
                    return self.answer(200, "ok")
                if self.path == "/bootstrap":
                    return self.answer(200, bootstrap_data())
                if self.path == "/ca":
                    return self.answer(200, (TLS / "server-ca.crt").read_text())
                refused = register(body["node"], body["password"], body["version"])
                return self.answer(403 if refused else 200, refused)
            except RuntimeError as error:
                return self.answer(500, str(error))

    server = http.server.ThreadingHTTPServer(("0.0.0.0", 6443), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{OF_ETCD}/server-client.crt", f"{OF_ETCD}/server-client.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def wait_etcd(etcd):
    for _ in range(200):
        if etcd.poll() is not None:
            fatal(f"etcd ended with {etcd.returncode}")
        try:
            return ctl("get", "health")
        except RuntimeError:
            time.sleep(0.05)
    fatal("etcd does not come up: context deadline exceeded")


def server():
    mine = config()
    address, name_file = mine["node-ip"], DB / "etcd-name"
    OF_ETCD.mkdir(parents=True, exist_ok=True)
    DB.mkdir(parents=True, exist_ok=True)
    founding = False
    if (DB / "etcd/member").is_dir():
        name = name_file.read_text()
        etcd = run_etcd(address, name, f"{name}=https://{address}:2380", "existing")
    else:
        name = f"{mine['node-name']}-{uuid.uuid4().hex[:8]}"
        if mine.get("cluster-init"):
            founding = True
            make_ca()
            make_certificate(address)
            cluster, state = f"{name}=https://{address}:2380", "new"
        elif via := mine.get("server"):
            take_bootstrap(ask(via, "/bootstrap", mine["token"]))
            make_certificate(address)
            cluster, state = join(via.removeprefix("https://").partition(":")[0], name, address), "existing"
        else:
            fatal("the real K3s would begin a cluster of its own on SQLite here")
        name_file.write_text(name)
        etcd = run_etcd(address, name, cluster, state)
    wait_etcd(etcd)
    (DB / "reset-flag").unlink(missing_ok=True)
    if founding or not get("/namespaces/kube-system"):
        ctl("put", "/namespaces/kube-system", str(uuid.uuid4()))
        ctl("put", "/bootstrap", json.dumps(bootstrap_data()))
    token = VAR / "server/node-token"
    token.write_text("K10stand-in::server:" + mine["token"])
    token.chmod(0o600)
    if refused := register({"name": mine["node-name"]}, node_password(), VERSION):
        fatal(refused)
    serve(mine["token"], address)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # etcd is tied
    fatal(f"etcd ended with {etcd.wait()}")


def join(via, name, address):
    """As K3s: a member that has our address and no name is ourselves, one with a name is somebody else."""
    at = f"{via}:2379"
    members = json.loads(ctl("member", "list", "-w", "json", at=at))["members"]
    peer = f"https://{address}:2380"
    there = {one["peerURLs"][0]: one.get("name", "") for one in members}
    if there.get(peer):
        fatal(f"failed to join etcd cluster: duplicate node name found, {there[peer]} has this address")
    if peer not in there:
        try:
            ctl("member", "add", name, f"--peer-urls={peer}", at=at)
        except RuntimeError as error:
            fatal(f"failed to join etcd cluster: {error}")
    there[peer] = name
    return ",".join(f"{one}={url}" for url, one in there.items())


def reset(words):
    mine = config()
    if mine.get("server"):
        fatal("invalid flag use; cannot perform cluster-reset while server URL is set")
    if (DB / "reset-flag").exists():
        fatal("cluster-reset was successfully performed, please remove the cluster-reset flag and start normally")
    snapshot = words["--cluster-reset-restore-path"]
    OF_ETCD.mkdir(parents=True, exist_ok=True)
    scratch, name, address = DB / "etcd-tmp", f"{mine['node-name']}-{uuid.uuid4().hex[:8]}", mine["node-ip"]
    subprocess.run(["rm", "-rf", str(scratch)], check=True)
    peer = f"https://{address}:2380"
    done = subprocess.run(
        [
            "etcdutl",
            "snapshot",
            "restore",
            snapshot,
            f"--data-dir={scratch}",
            f"--name={name}",
            f"--initial-cluster={name}={peer}",
            f"--initial-advertise-peer-urls={peer}",
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        fatal(f"restore failed: {done.stderr.strip()}")
    plain = "http://127.0.0.1:23790"
    etcd = subprocess.Popen(
        [
            "etcd",
            f"--name={name}",
            f"--data-dir={scratch}",
            f"--listen-client-urls={plain}",
            f"--advertise-client-urls={plain}",
            "--listen-peer-urls=http://127.0.0.1:23800",
            "--log-level=error",
            "--force-new-cluster",
        ],
        preexec_fn=tied,
    )
    for _ in range(200):
        read = subprocess.run(
            ["etcdctl", f"--endpoints={plain}", "get", "/bootstrap", "--print-value-only"],
            capture_output=True,
            text=True,
        )
        if read.returncode == 0 and read.stdout.strip():
            break
        time.sleep(0.05)
    take_bootstrap(json.loads(read.stdout))
    etcd.terminate()
    etcd.wait()
    make_certificate(address)
    if (DB / "etcd").exists():
        (DB / "etcd").rename(DB / f"etcd-old-{uuid.uuid4().hex[:8]}")
    scratch.rename(DB / "etcd")
    (DB / "etcd-name").write_text(name)
    (DB / "reset-flag").touch()
    print("Managed etcd cluster membership has been reset, restart without --cluster-reset flag now.")


def agent():
    mine = config()
    folder = VAR / "agent"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "server-ca.crt").write_text(ask(mine["server"], "/ca", mine["token"]))
    body = {"node": {"name": mine["node-name"]}, "password": node_password(), "version": VERSION}
    ask(mine["server"], "/node", mine["token"], body)
    signal.pause()


def kubectl(words):
    answer = ask("https://127.0.0.1:6443", "/readyz", config()["token"])
    match words:
        case ["get", "--raw=/readyz"]:
            print(answer)
        case ["get", "namespace", "kube-system", *_]:
            print(get("/namespaces/kube-system"), end="")
        case ["get", "nodes", *_]:
            for line in ctl("get", "--prefix", "/nodes/", "--print-value-only").splitlines():
                node = json.loads(line)
                print(node["name"], node["version"], "True")
        case ["delete", "node", name]:
            ctl("del", f"/nodes/{name}")
            ctl("del", f"/passwords/{name}")
        case _:
            sys.exit(f"the stand-in does not know {words}")


def save(words):
    mine = config()
    folder = DB / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{words.get('--name', 'on-demand')}-{mine['node-name']}-{int(time.time())}"
    try:
        ctl("snapshot", "save", str(path))
    except RuntimeError as error:
        fatal(f"see server log for details: {error}")


def main(argv):
    words = dict(one.partition("=")[::2] for one in argv if one.startswith("--"))
    match argv:
        case ["--version"]:
            print(f"k3s version {VERSION} (stand-in)")
        case ["server", *_]:
            reset(words) if "--cluster-reset" in words else server()
        case ["agent"]:
            agent()
        case ["etcd-snapshot", "save", *_]:
            save(words)
        case ["kubectl", *rest]:
            kubectl([one for one in rest if not one.startswith("--request-timeout")])
        case _:
            sys.exit(f"the stand-in does not know {argv}")


main(sys.argv[1:])
