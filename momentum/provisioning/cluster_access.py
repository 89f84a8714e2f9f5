"""The way to the API servers, which answer inside the mesh only: through SSH, with the kubeconfig of a server's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from momentum.adapters.kubernetes import ClusterApi, ClusterError, connect
from momentum.adapters.ssh import SshError
from momentum.fleet.render.k3s import API_PORT

if TYPE_CHECKING:
    from momentum.adapters.ssh import Hosts

KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
"""K3s writes it, for root alone; it leads to the server's own loopback."""


class ClusterAccess(Protocol):
    """`hosts` of the fleet as API servers."""

    def through(self, servers: Sequence[str]) -> ClusterApi:
        """The API of the first of these servers that is ready. Raises ClusterError, which names each with its why."""


class OverSsh:
    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._apis: dict[str, tuple[int, ClusterApi]] = {}

    def through(self, servers: Sequence[str]) -> ClusterApi:
        failed = []
        for server in servers:
            try:
                api = self._api(server)
            except (SshError, ClusterError) as error:
                failed.append(str(error))
                continue
            if not (why := api.not_ready()):
                return api
            self._apis.pop(server, None)  # its keys may be others by now
            failed.append(f"{server}: {why}")
        raise ClusterError("no server's Kubernetes answers: " + ("; ".join(failed) or "there is none to ask"))

    def _api(self, server: str) -> ClusterApi:
        port = self._hosts.forward(server, API_PORT)
        kept = self._apis.get(server)
        if kept is None or kept[0] != port:
            kubeconfig = self._hosts.read(server, KUBECONFIG)
            if kubeconfig is None:
                raise ClusterError(f"{server} has no {KUBECONFIG}")
            kept = self._apis[server] = (port, connect(kubeconfig.decode(), url=f"https://127.0.0.1:{port}"))
        return kept[1]
