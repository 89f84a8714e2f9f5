"""One cluster's nodes: read, labelled, cordoned, drained, deleted."""

from __future__ import annotations

import json
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from momentum.errors import MomentumError
from momentum.fleet.facts import Node

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, CoreV1Api

CALL_TIMEOUT_S = 30
READY_TIMEOUT_S = 5
BETWEEN_LOOKS_S = 0.5
BETWEEN_EVICTIONS_S = 2.0


class ClusterError(MomentumError):
    """The API server refused, or did not answer."""


class NotDrained(ClusterError):
    """Pods are left on the node; the message names each with what keeps it there."""


def connect(kubeconfig: str, *, url: str | None = None) -> ClusterApi:
    """From the text of a kubeconfig; `url` is where its server is reached instead. Asks nobody yet.

    Keys that the text holds are on the disk only until they are loaded. Raises ClusterError where it is no kubeconfig.
    """
    import yaml
    from kubernetes import client, config
    from kubernetes.config.config_exception import ConfigException

    configuration = client.Configuration()
    with tempfile.TemporaryDirectory(prefix="momentum-") as folder:
        try:
            config.load_kube_config_from_dict(
                yaml.safe_load(kubeconfig), client_configuration=configuration, temp_file_path=folder
            )
            configuration.host = url or configuration.host
            return _reached(configuration)
        except (ConfigException, OSError, TypeError, yaml.YAMLError) as error:
            raise ClusterError(f"this is no kubeconfig: {error}") from error


def connect_in_cluster() -> ClusterApi:
    """For a pod of the cluster, which has its address and its token in its own files. Raises ClusterError."""
    from kubernetes import client, config
    from kubernetes.config.config_exception import ConfigException

    configuration = client.Configuration()
    try:
        config.load_incluster_config(client_configuration=configuration)
        return _reached(configuration)
    except (ConfigException, OSError) as error:
        raise ClusterError(f"this is no pod of a cluster: {error}") from error


def _reached(configuration: Any) -> ClusterApi:
    """Keys and certificates are read from their files now, and never again."""
    import urllib3
    from kubernetes import client

    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if not configuration.verify_ssl:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    api = client.ApiClient(configuration)
    api.rest_client.pool_manager = urllib3.PoolManager(ssl_context=context, retries=False)
    return ClusterApi(api)


@dataclass(frozen=True)
class ClusterApi:
    """All methods raise ClusterError. What is there already is not done again."""

    client: ApiClient

    def not_ready(self, check: str = "/readyz", *, timeout_s: float = READY_TIMEOUT_S) -> str:
        """Why the API server, or one check of its own, is not well; empty where it is. Never raises."""
        asked = self.client.param_serialize("GET", check, auth_settings=["BearerToken"])
        try:
            with _told("whether it is ready"):
                answer = self.client.call_api(*asked, _request_timeout=timeout_s)
                said = answer.read().decode(errors="replace").strip().splitlines()
        except ClusterError as error:
            return str(error)
        if answer.status == 200:
            return ""
        why = [line for line in said if line.startswith("[-]")] or said[:1] or ["nothing"]
        return f"the API server answers {answer.status}: {'; '.join(why)}"

    def cluster_id(self) -> str:
        """The uid of the namespace kube-system: as old as the cluster's data, and kept by a restore."""
        with _told("the cluster's id"):
            namespace: Any = self._core.read_namespace("kube-system", _request_timeout=CALL_TIMEOUT_S)
        return str(namespace.metadata.uid)

    def nodes(self) -> tuple[Node, ...]:
        """By name."""
        with _told("its nodes"):
            items = self._core.list_node(_request_timeout=CALL_TIMEOUT_S).items
        return tuple(sorted((_node(item) for item in items), key=lambda node: node.name))

    def label(self, node: str, labels: Mapping[str, str], remove: Sequence[str] = ()) -> None:
        self._patch(node, {"metadata": {"labels": {**labels, **dict.fromkeys(remove)}}})

    def cordon(self, node: str, mark: tuple[str, str]) -> None:
        """No new pods; `mark` is a label that tells who did it, given in the same write."""
        self._patch(node, {"metadata": {"labels": dict([mark])}, "spec": {"unschedulable": True}})

    def uncordon(self, node: str, mark: str) -> None:
        self._patch(node, {"metadata": {"labels": {mark: None}}, "spec": {"unschedulable": None}})

    def delete_node(self, node: str) -> bool:
        """Whether it was there."""
        from kubernetes.client.exceptions import ApiException

        with _told(f"deleting {node}"):
            try:
                self._core.delete_node(node, _request_timeout=CALL_TIMEOUT_S)
            except ApiException as error:
                if error.status != 404:
                    raise
                return False
        return True

    def drain(self, node: str, *, within_s: float, say: Callable[[str], None]) -> None:
        """Evicts every pod but those of DaemonSets and of the node itself; disruption budgets hold.

        The node is cordoned before. A pod without a controller would not come back elsewhere: it is evicted all the
        same and told. Raises NotDrained.
        """
        began, blocked = time.monotonic(), dict[str, str]()
        while pods := self._to_evict(node):
            if time.monotonic() - began > within_s:
                names = [f"{_name(pod)} ({blocked.get(_name(pod), 'does not end')})" for pod in pods]
                raise NotDrained(f"{node} is not drained after {within_s:.0f} s; still there: {', '.join(names)}")
            for pod in pods:
                if pod.metadata.deletion_timestamp is None:
                    self._evict(pod, blocked, say)
            time.sleep(BETWEEN_LOOKS_S if len(blocked) < len(pods) else BETWEEN_EVICTIONS_S)
        say(f"{node} is drained after {time.monotonic() - began:.0f} s")

    def _to_evict(self, node: str) -> list[Any]:
        with _told(f"the pods of {node}"):
            pods: list[Any] = self._core.list_pod_for_all_namespaces(
                field_selector=f"spec.nodeName={node}", _request_timeout=CALL_TIMEOUT_S
            ).items
        return [
            pod
            for pod in pods
            if pod.status.phase not in ("Succeeded", "Failed")
            and "kubernetes.io/config.mirror" not in (pod.metadata.annotations or {})
            and not any(owner.kind == "DaemonSet" for owner in pod.metadata.owner_references or ())
        ]

    def _evict(self, pod: Any, blocked: dict[str, str], say: Callable[[str], None]) -> None:
        from kubernetes import client
        from kubernetes.client.exceptions import ApiException

        name = _name(pod)
        body = client.V1Eviction(
            metadata=client.V1ObjectMeta(name=pod.metadata.name, namespace=pod.metadata.namespace),
            delete_options=client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=pod.metadata.uid)),
        )
        with _told(f"evicting {name}"):
            try:
                self._core.create_namespaced_pod_eviction(
                    pod.metadata.name, pod.metadata.namespace, body, _request_timeout=CALL_TIMEOUT_S
                )
            except ApiException as error:
                if error.status in (404, 409):  # gone, or another of the same name by now
                    return
                if error.status != 429:
                    raise
                if name not in blocked:
                    say(f"{name} must stay for now: {_reason(error)}")
                blocked[name] = _reason(error)
                return
        blocked.pop(name, None)
        alone = "" if pod.metadata.owner_references else "; nothing owns it, so it does not come back"
        say(f"evicted {name}{alone}")

    def _patch(self, node: str, body: dict[str, Any]) -> None:
        with _told(f"changing {node}"):
            self._core.patch_node(node, body, _request_timeout=CALL_TIMEOUT_S)

    @property
    def _core(self) -> CoreV1Api:
        from kubernetes import client

        return client.CoreV1Api(self.client)


@contextmanager
def _told(what: str) -> Iterator[None]:
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ApiException as error:
        raise ClusterError(f"the API server refused ({what}): {error.status} {_reason(error)}") from error
    except HTTPError as error:
        raise ClusterError(f"the API server does not answer ({what}): {error}") from error


def _reason(error: Any) -> str:
    """What the API server said, with the causes that name a disruption budget."""
    try:
        said = json.loads(error.body or "{}")
    except ValueError:
        return str(error.reason)
    causes = [cause["message"] for cause in (said.get("details") or {}).get("causes", ()) if cause.get("message")]
    return "; ".join([said.get("message", str(error.reason)), *causes])


def _name(pod: Any) -> str:
    return f"{pod.metadata.namespace}/{pod.metadata.name}"


def _node(item: Any) -> Node:
    conditions = {one.type: one.status for one in item.status.conditions or ()}
    addresses = {one.type: one.address for one in item.status.addresses or ()}
    return Node(
        name=item.metadata.name,
        ready=conditions.get("Ready") == "True",
        cordoned=bool(item.spec.unschedulable),
        labels=dict(item.metadata.labels or {}),
        version=item.status.node_info.kubelet_version,
        internal_ip=addresses.get("InternalIP", ""),
    )
