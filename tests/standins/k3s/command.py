"""A stand-in for the command k3s on a test host: K3s's files, ports and exit codes over a real etcd and API server.

Real: etcd, its TLS, its members, its snapshots; kube-apiserver on 6443 and what it keeps. Not real: a kubelet (a node
is an object that this command writes, ready once a network's configuration lies in /etc/cni/net.d, as with K3s),
controllers, containers, the encryption of secrets; who joins asks the API server for what K3s's own
supervisor would tell, under the token of the cluster; the object store is spoken to without TLS.
"""

# ruff: noqa: PLW1509, PLW1510, B905
import base64
import ctypes
import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import yaml

VERSION, PROGRAMS = "@VERSION@", "@PROGRAMS@"
ETC, VAR = Path("/etc/rancher/k3s"), Path("/var/lib/rancher/k3s")
TLS, DB = VAR / "server/tls", VAR / "server/db"
OF_ETCD, SNAPSHOTS = TLS / "etcd", DB / "snapshots"
KEPT = ("server-ca.crt", "server-ca.key", "service.key")
CTL = [f"{PROGRAMS}/etcdctl", f"--cacert={OF_ETCD}/server-ca.crt", f"--cert={OF_ETCD}/server-client.crt"]
CTL += [f"--key={OF_ETCD}/server-client.key", "--dial-timeout=1s"]
NODES, SECRETS = "/api/v1/nodes", "/api/v1/namespaces/kube-system/secrets"


def fatal(text):
    sys.exit(f'level=fatal msg="{text}"')


def config():
    found = {}
    for path in [ETC / "config.yaml", *sorted((ETC / "config.yaml.d").glob("*.yaml"))]:
        if path.exists():
            found |= yaml.safe_load(path.read_text()) or {}
    found["token"] = Path(found["token-file"]).read_text().strip()
    return found


def ctl(*words, at="127.0.0.1:2379", within="5s"):
    argv = [*CTL, f"--command-timeout={within}", f"--endpoints=https://{at}", *words]
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


# Certificates and what every server has in common.


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def make_common():
    ca = f"{TLS}/server-ca"
    openssl("req", "-x509", *NEW_KEY, "-days", "30", "-subj", "/CN=k3s-ca", "-keyout", f"{ca}.key", "-out", f"{ca}.crt")
    openssl("genrsa", "-out", f"{TLS}/service.key", "2048")


def make_certificate(base, subject, names, usage):
    ca, about = f"{TLS}/server-ca", Path(f"{base}.about")
    about.write_text(f"subjectAltName={names}\nextendedKeyUsage={usage}\n")
    openssl("req", *NEW_KEY, "-subj", subject, "-keyout", f"{base}.key", "-out", f"{base}.csr")
    signed = ("-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "30", "-extfile", str(about))
    openssl("x509", "-req", "-in", f"{base}.csr", *signed, "-out", f"{base}.crt")


def make_certificates(mine):
    names = ",".join(["DNS:localhost", "IP:127.0.0.1", f"IP:{mine['node-ip']}"])
    make_certificate(f"{OF_ETCD}/server-client", "/CN=etcd", names, "serverAuth,clientAuth")
    make_certificate(f"{TLS}/serving", "/CN=k3s", names, "serverAuth")
    make_certificate(f"{TLS}/admin", "/CN=system:admin/O=system:masters", "DNS:admin", "clientAuth")
    (OF_ETCD / "server-ca.crt").write_text((TLS / "server-ca.crt").read_text())
    files = {"certificate-authority": "server-ca.crt", "client-certificate": "admin.crt", "client-key": "admin.key"}
    data = {f"{key}-data": base64.b64encode((TLS / name).read_bytes()).decode() for key, name in files.items()}
    authority = data.pop("certificate-authority-data")
    cluster = {"server": "https://127.0.0.1:6443", "certificate-authority-data": authority}
    text = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "default",
        "clusters": [{"name": "default", "cluster": cluster}],
        "users": [{"name": "default", "user": data}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
    }
    path = ETC / "k3s.yaml"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(text))


def common():
    return {name: (TLS / name).read_text() for name in KEPT}


def take_common(kept):
    for name, text in kept.items():
        (TLS / name).write_text(text)


def common_key(token):
    """K3s keeps it in etcd under a key made of the token: without the token a snapshot is of no use."""
    return "/bootstrap/" + hashlib.sha256(token.encode()).hexdigest()[:12]


# The API server.


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status} {text}")
        self.status = status


def api(address, method, path, body=None, *, token=None, kind="application/json"):
    """As an admin of this server, or with a token of anybody's, who knows no certificate yet."""
    request = urllib.request.Request(f"{address}{path}", method=method, data=body and json.dumps(body).encode())
    request.add_header("Content-Type", kind)
    if token:
        context = ssl._create_unverified_context()
        request.add_header("Authorization", f"Bearer {token}")
    else:
        context = ssl.create_default_context(cafile=f"{TLS}/server-ca.crt")
        context.load_cert_chain(f"{TLS}/admin.crt", f"{TLS}/admin.key")
    try:
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            data = answer.read()
    except urllib.error.HTTPError as error:
        said = error.read()
        raise Refused(error.code, json.loads(said)["message"] if said[:1] == b"{" else said.decode()) from None
    except OSError as error:
        raise Refused(0, error) from None
    return json.loads(data) if data[:1] == b"{" else data.decode()


def put(address, path, name, body, token=None):
    """Made, or as it is already; whether it was made."""
    try:
        api(address, "POST", path, body | {"metadata": {"name": name, **body.get("metadata", {})}}, token=token)
    except Refused as refused:
        if refused.status != 409:
            raise
        return False
    return True


def gone(address, path):
    try:
        api(address, "DELETE", path)
    except Refused as refused:
        if refused.status != 404:
            raise


def password():
    path = Path("/etc/rancher/node/password")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(uuid.uuid4().hex)
        path.chmod(0o600)
    return path.read_text()


def register(mine, address, role, token=None):
    """As kubelet and K3s's check of the node's password, which is forgotten with the node."""
    name, mark = mine["node-name"], hashlib.sha256(password().encode()).hexdigest()
    kept = f"{name}.node-password.k3s"
    labels = dict(one.split("=", 1) for one in mine.get("node-label", ()))
    labels |= {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    if role == "server":
        labels |= {f"node-role.kubernetes.io/{what}": "true" for what in ("control-plane", "etcd")}
    made = put(address, NODES, name, {"metadata": {"labels": labels}}, token)
    body = {"data": {"hash": base64.b64encode(mark.encode()).decode()}}
    if not put(address, SECRETS, kept, body, token):
        known = api(address, "GET", f"{SECRETS}/{kept}", token=token)["data"]["hash"]
        if made:
            api(address, "PUT", f"{SECRETS}/{kept}", body | {"metadata": {"name": kept}}, token=token)
        elif base64.b64decode(known).decode() != mark:
            fatal(
                "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match"
            )


def tell_state(mine, address, token=None):
    ready = any(Path("/etc/cni/net.d").glob("*.conf*"))
    why = "kubelet is ready" if ready else "container runtime network not ready: cni plugin not initialized"
    about = dict.fromkeys(("machineID", "systemUUID", "bootID", "kernelVersion", "osImage"), "")
    about |= {"kubeletVersion": VERSION, "kubeProxyVersion": "", "containerRuntimeVersion": ""}
    status = {
        "addresses": [{"type": "InternalIP", "address": mine["node-ip"]}],
        "conditions": [{"type": "Ready", "status": str(ready), "reason": "Kubelet", "message": why}],
        "nodeInfo": about | {"operatingSystem": "linux", "architecture": "amd64"},
    }
    at, merge = f"{NODES}/{mine['node-name']}/status", "application/strategic-merge-patch+json"
    api(address, "PATCH", at, {"status": status}, token=token, kind=merge)


# A server.


def tied():
    """Ends with this process, as what is embedded does."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run_etcd(address, name, cluster, state):
    pair = [f"{OF_ETCD}/server-client.crt", f"{OF_ETCD}/server-client.key", f"{OF_ETCD}/server-ca.crt"]
    argv = [f"{PROGRAMS}/etcd", f"--name={name}", f"--data-dir={DB}/etcd"]
    argv += ["--client-cert-auth", "--peer-client-cert-auth"]
    for kind in ("", "peer-"):
        argv += [f"--{kind}{what}={file}" for what, file in zip(("cert-file", "key-file", "trusted-ca-file"), pair)]
    argv += [
        f"--listen-client-urls=https://127.0.0.1:2379,https://{address}:2379",
        f"--advertise-client-urls=https://{address}:2379",
        f"--listen-peer-urls=https://{address}:2380",
        f"--initial-advertise-peer-urls=https://{address}:2380",
        f"--initial-cluster={cluster}",
        f"--initial-cluster-state={state}",
        "--heartbeat-interval=100",
        "--election-timeout=1000",
        "--unsafe-no-fsync",
        "--log-level=error",
    ]
    return subprocess.Popen(argv, preexec_fn=tied)


def run_apiserver(mine):
    tokens = TLS / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text(f'{mine["token"]},node,node,"system:masters"\n')
    argv = [
        f"{PROGRAMS}/kube-apiserver",
        "--etcd-servers=https://127.0.0.1:2379",
        f"--etcd-cafile={OF_ETCD}/server-ca.crt",
        f"--etcd-certfile={OF_ETCD}/server-client.crt",
        f"--etcd-keyfile={OF_ETCD}/server-client.key",
        "--secure-port=6443",
        f"--advertise-address={mine['advertise-address']}",
        f"--client-ca-file={TLS}/server-ca.crt",
        f"--tls-cert-file={TLS}/serving.crt",
        f"--tls-private-key-file={TLS}/serving.key",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={TLS}/service.key",
        f"--service-account-signing-key-file={TLS}/service.key",
        f"--service-cluster-ip-range={mine['service-cidr']}",
    ]
    return subprocess.Popen(argv, preexec_fn=tied)


def until(answers, *running, within_s=60):
    end = time.monotonic() + within_s
    while True:
        for name, process in running:
            if process.poll() is not None:
                fatal(f"{name} ended with {process.returncode}")
        try:
            return answers()
        except (RuntimeError, Refused) as error:
            if time.monotonic() > end:
                fatal(f"not ready: {error}")
            time.sleep(0.1)


def server():
    mine = config()
    address, name_file = mine["node-ip"], DB / "etcd-name"
    OF_ETCD.mkdir(parents=True, exist_ok=True)
    DB.mkdir(parents=True, exist_ok=True)
    if (DB / "etcd/member").is_dir():
        name = name_file.read_text()
        etcd = run_etcd(address, name, f"{name}=https://{address}:2380", "existing")
    else:
        name = f"{mine['node-name']}-{uuid.uuid4().hex[:8]}"
        if mine.get("cluster-init"):
            make_common()
            make_certificates(mine)
            cluster, state = f"{name}=https://{address}:2380", "new"
        elif via := mine.get("server"):
            take_common(asked_for_common(via, mine["token"]))
            make_certificates(mine)
            cluster, state = join(via.removeprefix("https://").partition(":")[0], name, address), "existing"
        else:
            fatal("the real K3s would begin a cluster of its own on SQLite here")
        name_file.write_text(name)
        etcd = run_etcd(address, name, cluster, state)
    until(lambda: promoted(mine), ("etcd", etcd))
    until(lambda: ctl("get", "health", within="500ms"), ("etcd", etcd))
    ctl("put", common_key(mine["token"]), json.dumps(common()))
    apiserver, here = run_apiserver(mine), "https://127.0.0.1:6443"
    running = ("etcd", etcd), ("kube-apiserver", apiserver)
    until(lambda: api(here, "GET", "/readyz"), *running)
    kept = {name: base64.b64encode(text.encode()).decode() for name, text in common().items()}
    until(lambda: put(here, SECRETS, "k3s-serving", {"data": kept}), *running)
    for name in ("node-token", "token"):
        (VAR / "server" / name).touch(mode=0o600)
        (VAR / "server" / name).write_text("K10stand-in::server:" + mine["token"])
    if (DB / "reset-flag").exists():
        until(lambda: gone(here, f"{SECRETS}/{mine['node-name']}.node-password.k3s"), *running)
        (DB / "reset-flag").unlink()
    register(mine, here, "server")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # what is tied ends too
    live(mine, here, running=running)


def live(mine, address, token=None, running=()):
    """Tells the node's state when it changes, and every ten seconds."""
    told, at = None, 0.0
    while True:
        for name, process in running:
            if process.poll() is not None:
                fatal(f"{name} ended with {process.returncode}")
        now = any(Path("/etc/cni/net.d").glob("*.conf*"))
        if now != told or time.monotonic() - at > 10:
            try:
                tell_state(mine, address, token)
                told, at = now, time.monotonic()
            except Refused:
                pass  # without quorum, or without its node: it tries again
        end_pods(mine, address, token)
        time.sleep(0.5)


def end_pods(mine, address, token):
    """There are no containers to wait for."""
    try:
        pods = api(address, "GET", f"/api/v1/pods?fieldSelector=spec.nodeName={mine['node-name']}", token=token)
        for pod in pods["items"]:
            about = pod["metadata"]
            if "deletionTimestamp" in about:
                at = f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}?gracePeriodSeconds=0"
                api(address, "DELETE", at, token=token)
    except Refused:
        pass


def asked_for_common(via, token):
    try:
        kept = api(via, "GET", f"{SECRETS}/k3s-serving", token=token)["data"]
    except Refused as error:
        fatal(f"failed to get CA certs: {error}")
    return {name: base64.b64decode(text).decode() for name, text in kept.items()}


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
            ctl("member", "add", name, "--learner", f"--peer-urls={peer}", at=at)
        except RuntimeError as error:
            fatal(f"failed to join etcd cluster: {error}")
    there[peer] = name
    return ",".join(f"{one}={url}" for url, one in there.items())


def promoted(mine):
    """A learner does not vote and answers next to nothing; once it has the data, another member lets it vote."""
    status = json.loads(ctl("endpoint", "status", "-w", "json", within="500ms"))[0]["Status"]
    if not status.get("isLearner"):
        return
    others = [f"{name}:2379" for name in mine["tls-san"] if name[0].isdigit() and name != mine["node-ip"]]
    ctl("member", "promote", f"{status['header']['member_id']:x}", at=",https://".join(others))


def agent():
    mine = config()
    try:
        register(mine, mine["server"], "agent", mine["token"])
    except Refused as error:
        fatal(f"failed to get CA certs: {error}")
    folder = VAR / "agent"
    folder.mkdir(parents=True, exist_ok=True)
    kept = asked_for_common(mine["server"], mine["token"])
    (folder / "server-ca.crt").write_text(kept["server-ca.crt"])
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    live(mine, mine["server"], mine["token"])


# Snapshots.


def store(mine):
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=f"http://{socket.gethostbyname(mine['etcd-s3-endpoint'])}",
        region_name=mine["etcd-s3-region"],
        aws_access_key_id=mine["etcd-s3-access-key"],
        aws_secret_access_key=mine["etcd-s3-secret-key"],
    )


def save(words):
    mine = config()
    SNAPSHOTS.mkdir(parents=True, exist_ok=True)
    path = SNAPSHOTS / f"{words.get('--name', 'on-demand')}-{mine['node-name']}-{int(time.time())}"
    try:
        ctl("snapshot", "save", str(path))
    except RuntimeError as error:
        fatal(f"see server log for details: {error}")
    if mine.get("etcd-s3"):
        cluster = api("https://127.0.0.1:6443", "GET", "/api/v1/namespaces/kube-system")["metadata"]["uid"]
        about = {"Metadata": {"K3s-Cluster-Id": cluster}}
        name = f"{mine['etcd-s3-folder']}/{path.name}"
        store(mine).upload_file(str(path), mine["etcd-s3-bucket"], name, ExtraArgs=about)


def fetched(mine, name):
    from botocore.exceptions import BotoCoreError, ClientError

    SNAPSHOTS.mkdir(parents=True, exist_ok=True)
    path = SNAPSHOTS / name
    try:
        store(mine).download_file(mine["etcd-s3-bucket"], f"{mine['etcd-s3-folder']}/{name}", str(path))
    except (BotoCoreError, ClientError) as error:
        fatal(f"failed to download snapshot from S3: {error}")
    return str(path)


def reset(words):
    mine = config()
    if mine.get("server"):
        fatal("invalid flag use; cannot perform cluster-reset while server URL is set")
    if (DB / "reset-flag").exists():
        fatal("cluster-reset was successfully performed, please remove the cluster-reset flag and start normally")
    snapshot = words["--cluster-reset-restore-path"]
    if not os.environ.get("K3S_TOKEN") and not (VAR / "server/token").exists():
        fatal("cluster-reset requires the token of the cluster: --token or K3S_TOKEN")
    if mine.get("etcd-s3") and words.get("--etcd-s3") != "false":
        snapshot = fetched(mine, snapshot)
    OF_ETCD.mkdir(parents=True, exist_ok=True)
    scratch, name, address = DB / "etcd-tmp", f"{mine['node-name']}-{uuid.uuid4().hex[:8]}", mine["node-ip"]
    subprocess.run(["rm", "-rf", str(scratch)], check=True)
    peer, restore = f"https://{address}:2380", [f"{PROGRAMS}/etcdutl", "snapshot", "restore", snapshot]
    restore += [f"--data-dir={scratch}", f"--name={name}", f"--initial-cluster={name}={peer}"]
    done = subprocess.run([*restore, f"--initial-advertise-peer-urls={peer}"], capture_output=True, text=True)
    if done.returncode:
        fatal(f"restore failed: {done.stderr.strip()}")
    take_common(common_of(scratch, name, mine["token"]))
    make_certificates(mine)
    if (DB / "etcd").exists():
        (DB / "etcd").rename(DB / f"etcd-old-{uuid.uuid4().hex[:8]}")
    scratch.rename(DB / "etcd")
    (DB / "etcd-name").write_text(name)
    (DB / "reset-flag").touch()
    print("Managed etcd cluster membership has been reset, restart without --cluster-reset flag now.")


def common_of(data, name, token):
    """Out of a restored etcd that runs for itself for a moment."""
    plain = "http://127.0.0.1:23790"
    argv = [f"{PROGRAMS}/etcd", f"--name={name}", f"--data-dir={data}", "--force-new-cluster", "--log-level=error"]
    argv += [f"--listen-client-urls={plain}", f"--advertise-client-urls={plain}"]
    etcd = subprocess.Popen([*argv, "--listen-peer-urls=http://127.0.0.1:23800"], preexec_fn=tied)
    ask = [f"{PROGRAMS}/etcdctl", f"--endpoints={plain}", "get", common_key(token), "--print-value-only"]
    try:
        for _ in range(200):
            read = subprocess.run(ask, capture_output=True, text=True)
            if read.returncode == 0:
                break
            time.sleep(0.05)
    finally:
        etcd.terminate()
        etcd.wait()
    if not read.stdout.strip():
        fatal("bootstrap data not found: the snapshot is of a cluster with another token")
    return json.loads(read.stdout)


def kubectl(words):
    here = "https://127.0.0.1:6443"
    match words:
        case ["get", "--raw", path]:
            told = api(here, "GET", path)
            print(json.dumps(told) if isinstance(told, dict) else told)
        case ["create", "--raw", path, "-f", "-"]:
            api(here, "POST", path, json.load(sys.stdin))
        case ["get", "nodes"]:
            for node in api(here, "GET", NODES)["items"]:
                print(node["metadata"]["name"], node["status"]["nodeInfo"]["kubeletVersion"])
        case ["delete", "node", name]:
            api(here, "DELETE", f"{NODES}/{name}")
        case _:
            sys.exit(f"the stand-in does not know {words}")


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
            kubectl(rest)
        case _:
            sys.exit(f"the stand-in does not know {argv}")


main(sys.argv[1:])
