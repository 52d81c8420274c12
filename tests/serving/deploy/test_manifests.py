"""The containers' manifests agree with one another, with the configuration they mount and with what they start."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving.deploy.files import BATCH_SIZES, BATCH_THREADS, METRICS_PATH
from serving.gateway.__main__ import environment_options
from serving.gateway.__main__ import main as start_gateway
from tests.docs.parsers import check_arguments, main_of

_ROOT = Path(__file__).resolve().parents[3]
_DEPLOY = _ROOT / "serving" / "deploy"
_BASE = _DEPLOY / "kubernetes" / "base"


class _Loader(yaml.SafeLoader):
    """YAML with Compose's `!reset`, which stands for nothing."""


_Loader.add_constructor("!reset", lambda loader, node: None)


def _documents(*paths: Path) -> list[dict[str, Any]]:
    return [document for path in paths for document in yaml.load_all(path.read_text(encoding="utf-8"), _Loader)]


_COMPOSE = _documents(_DEPLOY / "docker-compose.yml")[0]
_TRACES = _documents(_DEPLOY / "docker-compose.traces.yml")[0]
_CACHE = _documents(_DEPLOY / "docker-compose.cache.yml")[0]
_BASE_KUSTOMIZATION = _documents(_BASE / "kustomization.yaml")[0]
_MANIFESTS = _documents(*(_BASE / name for name in _BASE_KUSTOMIZATION["resources"] if name.endswith(".yaml")))
_DOCKERFILE = (_DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def _manifests(kind: str) -> dict[str, dict[str, Any]]:
    return {manifest["metadata"]["name"]: manifest for manifest in _MANIFESTS if manifest["kind"] == kind}


def _pod(deployment: str) -> dict[str, Any]:
    return _manifests("Deployment")[deployment]["spec"]["template"]


def _container(deployment: str) -> dict[str, Any]:
    [container] = _pod(deployment)["spec"]["containers"]
    return container


def _ports(deployment: str) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in _container(deployment)["ports"]}


def _images(node: Any) -> Iterator[str]:
    """Every `image:` below, with the tag that the base's kustomization gives it."""
    if isinstance(node, dict):
        if isinstance(node.get("image"), str):
            tags = {image["name"]: image["newTag"] for image in _BASE_KUSTOMIZATION["images"]}
            yield f"{node['image']}:{tags[node['image']]}" if node["image"] in tags else node["image"]
        for value in node.values():
            yield from _images(value)
    elif isinstance(node, list):
        for value in node:
            yield from _images(value)


def _all_images() -> set[str]:
    built_from = re.findall(r"^FROM (\S+)", _DOCKERFILE, re.MULTILINE)
    return {*built_from, *_images([_COMPOSE, _MANIFESTS, _documents(_DEPLOY / "kubernetes" / "loader.yaml")])}


def test_every_manifest_is_part_of_a_kustomization() -> None:
    for kustomization in _DEPLOY.rglob("kustomization.yaml"):
        for name in _documents(kustomization)[0].get("resources", []):
            path = kustomization.parent / name
            assert path.is_file() or (path / "kustomization.yaml").is_file(), f"{kustomization} names {name}"
    assert {path.name for path in _BASE.glob("*.yaml")} - {"kustomization.yaml"} <= set(
        _BASE_KUSTOMIZATION["resources"]
    )


def test_images_are_pinned_and_tensorflow_serving_is_the_exporters_minor_version() -> None:
    images = _all_images()
    assert all(re.search(r":v?\d+\.\d+\.\d+[a-z0-9-]*$", image) for image in images), images
    [minor] = set(re.findall(r"tensorflow(?:-cpu)?==(\d+\.\d+)\.", (_ROOT / "requirements.txt").read_text()))
    overlay = _documents(_DEPLOY / "kubernetes" / "cpu" / "kustomization.yaml")[0]["images"]
    serving = {image for image in images if image.startswith("tensorflow/serving:")}
    serving |= {f"{image['name']}:{image['newTag']}" for image in overlay}
    assert {image.split(":")[1].rsplit(".", 1)[0] for image in serving} == {minor}
    assert {image.endswith("-gpu") for image in serving} == {True, False}


def test_the_gateways_image_bears_the_clients_version() -> None:
    version = tomllib.loads((_ROOT / "client" / "pyproject.toml").read_text())["project"]["version"]
    named = {image for image in _all_images() if image.startswith("planet-gateway")}
    assert named == {f"planet-gateway:{version}"}
    assert f"-t planet-gateway:{version} ." in _DOCKERFILE


def test_everything_that_selects_pods_selects_those_of_one_deployment() -> None:
    labels = {name: _pod(name)["metadata"]["labels"] for name in _manifests("Deployment")}
    for name, deployment in _manifests("Deployment").items():
        assert deployment["spec"]["selector"]["matchLabels"] == labels[name]
        [spread] = _pod(name)["spec"]["topologySpreadConstraints"]
        assert spread["labelSelector"]["matchLabels"] == labels[name]
    for name in labels:
        assert _manifests("Service")[name]["spec"]["selector"] == labels[name]
        assert _manifests("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"] == labels[name]
        assert _manifests("NetworkPolicy")[name]["spec"]["podSelector"]["matchLabels"] == labels[name]
        assert _manifests("HorizontalPodAutoscaler")[name]["spec"]["scaleTargetRef"]["name"] == name


def test_ports_are_those_that_the_containers_open() -> None:
    for name in _manifests("Deployment"):
        [port] = _manifests("Service")[name]["spec"]["ports"]
        assert port["targetPort"] in _ports(name)
        annotations = _pod(name)["metadata"]["annotations"]
        assert int(annotations["prometheus.io/port"]) in _ports(name).values()
        for rule in _manifests("NetworkPolicy")[name]["spec"]["ingress"]:
            assert {opened["port"] for opened in rule["ports"]} <= set(_ports(name).values())
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = _container(name)[kind]
            assert ("grpc" in probe and probe["grpc"]["port"] == _ports(name)["grpc"]) or (
                probe["httpGet"]["port"] in _ports(name)
            )
    flags = _container("tensorflow-serving")["args"]
    assert f"--port={_ports('tensorflow-serving')['grpc']}" in flags
    assert f"--rest_api_port={_ports('tensorflow-serving')['rest']}" in flags
    assert f"--port={_ports('gateway')['http']}" in _container("gateway")["args"]
    [port] = _manifests("Service")["tensorflow-serving"]["spec"]["ports"]
    assert f"--target=tensorflow-serving:{port['port']}" in _container("gateway")["args"]


def test_both_deployments_start_tensorflow_serving_and_the_gateway_alike() -> None:
    kubernetes = _container("tensorflow-serving")
    for name in ("serving-gpu", "serving-cpu"):
        service = _COMPOSE["services"][name]
        assert service["entrypoint"] == kubernetes["command"]
        assert service["command"] == kubernetes["args"]
        assert service["networks"]["models"]["aliases"] == ["tensorflow-serving"]
    [command] = re.findall(r"^CMD (\[.*\])$", _DOCKERFILE, re.MULTILINE)
    assert json.loads(command) == _container("gateway")["args"]


def test_the_servers_flags_let_one_broken_version_stop_no_other() -> None:
    flags = dict(flag.removeprefix("--").split("=", 1) for flag in _container("tensorflow-serving")["args"])
    assert int(flags["grpc_max_threads"]) >= BATCH_SIZES[-1] * BATCH_THREADS  # what waits for its batch has a thread
    tried_s = int(flags["max_num_load_retries"]) * int(flags["load_retry_interval_micros"]) / 1e6
    startup = _container("tensorflow-serving")["startupProbe"]
    assert 60 <= tried_s <= startup["periodSeconds"] * startup["failureThreshold"] / 2  # the port opens after that
    assert int(flags["num_load_threads"]) > 1


def test_only_gateways_and_prometheus_reach_the_model_servers() -> None:
    policies = _manifests("NetworkPolicy")
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    callers = {
        rule["ports"][0]["port"]: peer
        for rule in policies["tensorflow-serving"]["spec"]["ingress"]
        for peer in rule["from"]
    }
    ports = _ports("tensorflow-serving")
    assert callers[ports["grpc"]] == {"podSelector": {"matchLabels": _pod("gateway")["metadata"]["labels"]}}
    assert list(callers[ports["rest"]]) == ["namespaceSelector"]
    assert len(callers) == sum(len(rule["from"]) for rule in policies["tensorflow-serving"]["spec"]["ingress"]) == 2

    assert _COMPOSE["networks"]["models"]["internal"]
    members = {name for name, service in _COMPOSE["services"].items() if "models" in service.get("networks", ())}
    assert members == {"serving-gpu", "serving-cpu", "gateway", "prometheus"}
    for name in ("serving-gpu", "serving-cpu"):
        assert "ports" not in _COMPOSE["services"][name]
        assert list(_COMPOSE["services"][name]["networks"]) == ["models"]


def test_the_gateway_knows_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        start_gateway(["--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    named = {*_container("gateway")["args"]}
    for more in (_documents(_DEPLOY / "docker-compose.limits.yml")[0], _TRACES, _CACHE):
        named |= {*environment_options(more["services"]["gateway"]["environment"])}
        assert "command" not in more["services"]["gateway"]  # or two of them would not go together
    assert {flag.partition("=")[0] for flag in named} <= known


def test_limits_are_counted_together_where_only_gateways_reach() -> None:
    component = _documents(_DEPLOY / "kubernetes" / "limits" / "kustomization.yaml")[0]
    deployment, service, policy = _documents(_DEPLOY / "kubernetes" / "limits" / "valkey.yaml")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    gateway, network = ([step["value"] for step in yaml.safe_load(one["patch"])] for one in component["patches"])
    compose = _documents(_DEPLOY / "docker-compose.limits.yml")[0]["services"]
    added = environment_options(compose["gateway"]["environment"])
    assert [value.replace("${RATE_LIMIT:-600/minute}", "600/minute") for value in added] == gateway[:2]
    assert gateway[1] == f"--rate-limit-storage=valkey://valkey:{service['spec']['ports'][0]['port']}"

    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"] == labels
    assert policy["spec"]["podSelector"]["matchLabels"] == labels
    assert network[0]["to"][0]["podSelector"]["matchLabels"] == labels
    [rule] = policy["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": _pod("gateway")["metadata"]["labels"]}}]
    [port] = container["ports"]
    assert rule["ports"] == network[0]["ports"] == [{"port": port["containerPort"]}]

    assert compose["valkey"]["image"] == container["image"]
    assert re.search(r":\d+\.\d+\.\d+-alpine$", container["image"])
    assert compose["valkey"]["command"] == container["command"] + container["args"]
    assert compose["valkey"]["networks"] == ["models"]
    assert compose["valkey"]["read_only"]
    assert container["securityContext"] == _container("gateway")["securityContext"]
    assert deployment["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"]


def test_traces_go_where_grafana_looks_for_them() -> None:
    gateway, tempo, grafana = (_TRACES["services"][name] for name in ("gateway", "tempo", "grafana"))
    [otlp] = environment_options(gateway["environment"])
    [settings] = _documents(_DEPLOY / "tempo" / "tempo.yaml")
    port = settings["distributor"]["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].rpartition(":")[2]
    assert otlp == f"--otlp=http://tempo:{port}"
    assert re.fullmatch(r"grafana/tempo:\d+\.\d+\.\d+", tempo["image"])
    assert (tempo["read_only"], tempo["cap_drop"]) == (True, ["ALL"])
    [store] = [volume.split(":")[1] for volume in tempo["volumes"] if volume.split(":")[0] in _TRACES["volumes"]]
    kept = settings["storage"]["trace"]
    assert all(kept[each]["path"].startswith(f"{store}/") for each in ("local", "wal"))

    [source] = _documents(_DEPLOY / "grafana" / "traces" / "source.yaml")[0]["datasources"]
    assert source["url"] == f"http://tempo:{settings['server']['http_listen_port']}"
    [provider] = _documents(_DEPLOY / "grafana" / "traces" / "dashboards.yaml")[0]["providers"]
    mounted = {volume.split(":")[1] for volume in grafana["volumes"]}
    assert f"{provider['options']['path']}/traces.json" in mounted
    assert not mounted & {volume.split(":")[1] for volume in _COMPOSE["services"]["grafana"]["volumes"]}
    dashboard = json.loads((_DEPLOY / "grafana" / "traces" / "traces.json").read_text(encoding="utf-8"))
    known = {"prometheus": "prometheus", source["uid"]: source["type"]}
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            assert known[target["datasource"]["uid"]] == target["datasource"]["type"]
    [link] = re.findall(r"/d/([\w-]+)\?var-(\w+)=", json.dumps(dashboard))
    [variable] = dashboard["templating"]["list"]
    assert link == (dashboard["uid"], variable["name"])
    assert f"${variable['name']}" in [target.get("query") for one in dashboard["panels"] for target in one["targets"]]


def test_the_cache_stands_between_clients_and_gateways() -> None:
    gateway, cache = (_CACHE["services"][name] for name in ("gateway", "cache"))
    nginx = (_DEPLOY / "nginx" / "planets.conf").read_text(encoding="utf-8")
    [upstream] = re.findall(r"^ *server (\S+) weight=\d+;", nginx, re.MULTILINE)
    assert upstream == f"gateway:{_ports('gateway')['http']}"
    assert environment_options(gateway["environment"]) == ["--trusted-proxies=1"]
    assert gateway["ports"] is None
    [listen] = re.findall(r"listen (\d+);", nginx)
    [published] = _COMPOSE["services"]["gateway"]["ports"]
    assert cache["ports"] == [f"{published.rpartition(':')[0]}:{listen}"]
    [store] = re.findall(r"proxy_cache_path (\S+)", nginx)
    assert f"cache:{store}" in cache["volumes"]
    assert "cache" in _CACHE["volumes"]
    assert re.search(r":\d+\.\d+\.\d+-alpine$", cache["image"])
    assert (cache["read_only"], cache["cap_drop"]) == (True, ["ALL"])


def test_what_images_are_built_of_is_there() -> None:
    given = _TRACES["services"]["gateway"]["build"]["args"]["REQUIREMENTS"]
    [default] = re.findall(r"^ARG REQUIREMENTS=(\S+)", _DOCKERFILE, re.MULTILINE)
    copied = dict(re.findall(r"^COPY (?!--)(\S+) (\S+)", _DOCKERFILE, re.MULTILINE))
    ignored = (_ROOT / ".dockerignore").read_text().splitlines()
    for source in copied:
        assert (_ROOT / source).exists()
        assert any(f"!{part}" in ignored for part in (source, source.split("/")[0]))
    for wanted in (default, given):
        assert copied[wanted] == f"/tmp/{wanted.rpartition('/')[0]}".rstrip("/") + "/"


def test_configuration_files_that_are_named_exist_and_are_mounted() -> None:
    named = re.findall(r"=/config/(\S+)", " ".join(_container("tensorflow-serving")["args"]))
    generated = _documents(_DEPLOY / "config" / "kustomization.yaml")[0]["configMapGenerator"]
    mounted = [
        source["configMap"]["name"] for source in _volume("tensorflow-serving", "config")["projected"]["sources"]
    ]
    assert mounted == [made["name"] for made in generated]
    assert sorted(named) == sorted(file for made in generated for file in made["files"])
    assert all((_DEPLOY / "config" / file).is_file() for file in named)
    for service in (*_COMPOSE["services"].values(), *_TRACES["services"].values(), *_CACHE["services"].values()):
        for source in (volume.rsplit(":", 2)[0] for volume in service.get("volumes", ()) if volume.startswith("./")):
            assert (_DEPLOY / source).exists(), source


def test_pods_can_neither_become_root_nor_write_outside_of_tmp() -> None:
    [loader] = _documents(_DEPLOY / "kubernetes" / "loader.yaml")
    [bake] = _documents(_DEPLOY / "kubernetes" / "bake.yaml")
    jobs = [job["spec"]["template"]["spec"] for job in (bake, _documents(_DEPLOY / "kubernetes" / "train.yaml")[1])]
    for pod in (_pod("tensorflow-serving")["spec"], _pod("gateway")["spec"], loader["spec"], *jobs):
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"].keys() == {"requests", "limits"}
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in _COMPOSE["services"].values())


def test_each_worker_of_a_training_is_told_its_place() -> None:
    service, job = _documents(_DEPLOY / "kubernetes" / "train.yaml")
    labels, pod = job["spec"]["template"]["metadata"]["labels"], job["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"]
    assert service["spec"]["selector"].items() <= labels.items()
    assert pod["subdomain"] == service["metadata"]["name"]
    [port] = (one["containerPort"] for one in container["ports"])
    index, told = container["env"]
    assert (index["name"], told["name"]) == ("INDEX", "TF_CONFIG")  # a variable sees those before it
    count = job["spec"]["completions"]
    for place in range(count):
        config = json.loads(told["value"].replace("$(INDEX)", str(place)))
        names = [f"{job['metadata']['name']}-{worker}.{pod['subdomain']}:{port}" for worker in range(count)]
        assert config == {"cluster": {"worker": names}, "task": {"type": "worker", "index": place}}
    assert job["spec"]["parallelism"] == count
    assert "--resume" in container["args"]


@pytest.mark.parametrize("name", ["bake.yaml", "train.yaml"])
def test_jobs_start_what_there_is(name: str) -> None:
    *_, job = _documents(_DEPLOY / "kubernetes" / name)
    [container] = job["spec"]["template"]["spec"]["containers"]
    [python, option, module, *arguments] = [*container["command"], *container["args"]]
    assert [python, option] == ["python", "-m"]
    assert check_arguments(main_of(module), [one.replace("$(JOB_COMPLETION_INDEX)", "0") for one in arguments]) == []


def test_prometheus_scrapes_where_metrics_are_and_grafana_finds_it() -> None:
    [prometheus] = _documents(_DEPLOY / "prometheus" / "prometheus.yml")
    serving = next(job for job in prometheus["scrape_configs"] if job["job_name"] == "tensorflow-serving")
    assert serving["metrics_path"] == METRICS_PATH
    assert _pod("tensorflow-serving")["metadata"]["annotations"]["prometheus.io/path"] == METRICS_PATH
    provisioning = _DEPLOY / "grafana" / "provisioning"
    [source] = _documents(provisioning / "datasources" / "prometheus.yaml")[0]["datasources"]
    [provider] = _documents(provisioning / "dashboards" / "planets.yaml")[0]["providers"]
    grafana = _COMPOSE["services"]["grafana"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in grafana["volumes"]
    dashboard = json.loads((_DEPLOY / "grafana" / "dashboards" / "planets.json").read_text(encoding="utf-8"))
    used = {target["datasource"]["uid"] for panel in dashboard["panels"] for target in panel["targets"]}
    assert used == {source["uid"]}
    [adapter] = _documents(_DEPLOY / "kubernetes" / "prometheus-adapter-values.yaml")
    [metric] = _manifests("HorizontalPodAutoscaler")["tensorflow-serving"]["spec"]["metrics"]
    assert metric["pods"]["metric"]["name"] == adapter["rules"]["custom"][0]["name"]["as"]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
@pytest.mark.parametrize(("overlay", "has_gpu"), [("base", True), ("cpu", False)])
def test_kustomize_builds(overlay: str, has_gpu: bool) -> None:
    command = ["kubectl", "kustomize", str(_DEPLOY / "kubernetes" / overlay)]
    built = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert ("nvidia.com/gpu" in built) == has_gpu
    assert len(list(yaml.safe_load_all(built))) == len(_MANIFESTS) + 2  # and the two ConfigMaps


def _volume(deployment: str, name: str) -> dict[str, Any]:
    return next(volume for volume in _pod(deployment)["spec"]["volumes"] if volume["name"] == name)
