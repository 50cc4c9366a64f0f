"""A program that asks an identity provider for a token, by means of the official client, which knows no limit of time.

It reads the `auth-provider` of a kubeconfig's user as JSON, and writes its token and what the provider has become: a
new refresh token may be among it. Of a failure it writes what kind it is, and no more: the rest may hold secrets. As a
program of its own it can be ended.
"""

import json
import sys
from typing import Any


def ask(provider: dict[str, Any]) -> str:
    """Return a token that is good, of the provider, which is changed; raises whatever the official client does."""
    from kubernetes.client import Configuration
    from kubernetes.config import load_kube_config_from_dict

    load: Any = load_kube_config_from_dict
    document = {
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "clusters": [{"name": "x", "cluster": {"server": "https://localhost"}}],
        "users": [{"name": "x", "user": {"auth-provider": provider}}],
    }
    configuration = Configuration()
    load(document, client_configuration=configuration, persist_config=False)
    return str(configuration.api_key["BearerToken"]).removeprefix("Bearer ")


def main() -> None:
    """Ask with what stands in the standard input."""
    provider = json.load(sys.stdin)
    try:
        answer = {"token": ask(provider), "provider": provider}
    except Exception as error:  # noqa: BLE001  whatever it is, there is no token
        answer = {"error": type(error).__name__}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
