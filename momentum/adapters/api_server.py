"""The Kubernetes API server's own word on etcd behind it: one question, for whoever must not write without quorum."""

from __future__ import annotations

from pathlib import Path

# The API server reads a key of etcd through a majority of its members for this answer.
_QUESTION = "/readyz/etcd"


def etcd_trouble(kubeconfig: Path | None, *, timeout_s: float) -> str:
    """What keeps etcd from answering, or the API server; empty where both are well.

    kubeconfig: None for a pod of the cluster, which has its address and its token in its own files.
    """
    from kubernetes import client, config
    from kubernetes.client.exceptions import ApiException
    from kubernetes.config.config_exception import ConfigException
    from urllib3.exceptions import HTTPError

    configuration = client.Configuration()
    try:
        if kubeconfig is None:
            config.load_incluster_config(client_configuration=configuration)
        else:
            config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    except (ConfigException, OSError) as error:
        return f"no way to its API server is known: {error}"
    configuration.retries = False  # the answer is wanted now, well or not
    with client.ApiClient(configuration) as api:
        asked = api.param_serialize("GET", _QUESTION, auth_settings=["BearerToken"])
        try:
            answer = api.call_api(*asked, _request_timeout=timeout_s)
            body = answer.read()
        except (HTTPError, ApiException) as error:
            return f"its API server does not answer: {error}"
    if answer.status == 200:
        return ""
    said = body.decode(errors="replace").strip().splitlines()
    return f"its API server answers {answer.status}: {said[0] if said else 'nothing'}"
