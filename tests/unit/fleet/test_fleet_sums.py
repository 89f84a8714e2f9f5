"""Sums and orders that must hold for every fleet, not only for the ones somebody thought of."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given, settings
from hypothesis import strategies as st

from momentum.fleet.capacity import DISK_RESERVE_GB, MEMORY_RESERVE_GB, capacity, usable_memory_gb
from momentum.fleet.ladder import ladder, minor_of, version_key
from momentum.fleet.networks import mtu, named_networks
from momentum.fleet.prices import PLANS
from momentum.fleet.quorum import majority
from momentum.fleet.refusals import refusals
from momentum.fleet.schema import Component, Fleet, Server
from momentum.fleet.source import read_fleet
from momentum.fleet.template import default_fleet_text

DEFAULT = read_fleet(default_fleet_text())
FREE = DEFAULT.model_copy(update={"platform": ()})

networks = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False),
    st.sampled_from([0x0A000000, 0x0A420000, 0xAC100000, 0xC0A80000]).flatmap(
        lambda base: st.integers(base, base + 0xFFFF)
    ),
    st.integers(13, 28),
)
versions = st.builds("v1.{}.{}+k3s{}".format, st.integers(20, 45), st.integers(0, 20), st.integers(1, 9))
machines = st.lists(
    st.tuples(st.sampled_from(sorted(PLANS)), st.sampled_from(["server", "agent"])), min_size=1, max_size=9
)
quick = settings(deadline=None, max_examples=150)


def _with(fleet: Fleet, section: str, **update: object) -> Fleet:
    return fleet.model_copy(update={section: getattr(fleet, section).model_copy(update=update)})


def _of(kinds: list[tuple[str, str]], platform: tuple[Component, ...] = ()) -> Fleet:
    servers = tuple(
        Server(
            name=f"m-{i}", role=role, plan=plan, mesh_address=IPv4Address("10.66.0.1") + i, labels={"role": "ingress"}
        )
        for i, (plan, role) in enumerate(kinds)
    )
    return FREE.model_copy(update={"servers": servers, "platform": platform})


@quick
@given(mesh=networks, pods=networks, services=networks)
def test_an_overlap_is_told_exactly_where_two_networks_share_an_address(
    mesh: IPv4Network, pods: IPv4Network, services: IPv4Network
) -> None:
    fleet = _with(_with(FREE, "mesh", network=mesh), "k3s", pod_cidr=pods, service_cidr=services)
    told = [problem for problem in refusals(fleet) if "overlaps" in problem.message]
    pairs = [(mesh, pods), (mesh, services), (pods, services)]
    shared = [
        (a, b)
        for a, b in pairs
        if a.network_address <= b.broadcast_address and b.network_address <= a.broadcast_address
    ]
    assert len(told) == len(shared)
    assert all(any(str(a) in p.message and str(b) in p.message for p in told) for a, b in shared)


@quick
@given(network=networks, offsets=st.lists(st.integers(0, 70000), min_size=4, max_size=4))
def test_a_mesh_address_is_taken_where_it_is_a_host_of_the_network_and_nobody_elses(
    network: IPv4Network, offsets: list[int]
) -> None:
    addresses = [network.network_address + offset for offset in offsets]
    servers = tuple(s.model_copy(update={"mesh_address": a}) for s, a in zip(FREE.servers, addresses, strict=True))
    fleet = _with(FREE.model_copy(update={"servers": servers}), "mesh", network=network)
    refused = {problem.key for problem in refusals(fleet) if problem.key.endswith("mesh_address")}
    hosts = range(int(network.network_address) + 1, int(network.broadcast_address))
    fine = {
        f"servers[{i}].mesh_address"
        for i, address in enumerate(addresses)
        if int(address) in hosts and address not in addresses[:i]
    }
    assert refused == {f"servers[{i}].mesh_address" for i in range(4)} - fine


@quick
@given(services=networks, offset=st.integers(0, 70000))
def test_the_cluster_dns_is_a_service_address_that_is_free(services: IPv4Network, offset: int) -> None:
    dns = services.network_address + offset
    fleet = _with(FREE, "k3s", service_cidr=services, cluster_dns=dns)
    refused = any(problem.key == "k3s.cluster_dns" for problem in refusals(fleet))
    assert refused == (not (dns in services and offset >= 2 and dns != services.broadcast_address))


any_networks = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False), st.integers(0, 2**32 - 1), st.integers(0, 32)
)
any_addresses = st.one_of(st.sampled_from([0, 1, 2**32 - 1]), st.integers(0, 2**32 - 1)).map(IPv4Address)


@quick
@given(any_networks, any_networks, any_networks, any_networks, any_addresses, any_addresses)
def test_no_network_and_no_address_is_so_odd_that_a_rule_breaks(
    mesh: IPv4Network, pods: IPv4Network, services: IPv4Network, pool: IPv4Network, dns: IPv4Address, host: IPv4Address
) -> None:
    servers = (DEFAULT.servers[0].model_copy(update={"mesh_address": host}), *DEFAULT.servers[1:])
    fleet = _with(DEFAULT.model_copy(update={"servers": servers}), "mesh", network=mesh)
    fleet = _with(fleet, "k3s", pod_cidr=pods, service_cidr=services, cluster_dns=dns)
    found = refusals(_with(fleet, "cilium", ipam="cluster-pool", pool_cidr=pool))
    assert all(problem.key and problem.message for problem in found)


@quick
@given(st.integers(1280, 1440), st.sampled_from(["vxlan", "none"]), st.booleans())
def test_a_pods_packet_and_all_that_is_put_around_it_fit_the_mesh_exactly(
    mesh_mtu: int, tunnel: str, wireguard: bool
) -> None:
    fleet = _with(_with(FREE, "mesh", mtu=mesh_mtu), "cilium", tunnel=tunnel, wireguard=wireguard)
    found = mtu(fleet)
    assert found.pod + (50 if tunnel == "vxlan" else 0) + (95 if wireguard else 0) == mesh_mtu
    assert found.explained.endswith(f"= {found.pod}")


def test_the_default_mtu_is_the_one_of_the_arithmetic() -> None:
    assert mtu(DEFAULT).pod == 1275
    assert mtu(DEFAULT).explained == "1420 (mesh) - 50 (VXLAN) - 95 (Cilium's WireGuard) = 1275"


def test_cilium_has_a_network_only_where_it_hands_out_of_it() -> None:
    assert "cilium.pool_cidr" not in named_networks(DEFAULT)
    assert named_networks(_with(DEFAULT, "cilium", ipam="cluster-pool"))["cilium.pool_cidr"] == IPv4Network(
        "10.0.0.0/8"
    )


@quick
@given(versions, versions)
def test_the_ladder_is_every_minor_between_and_each_step_of_it_is_taken(current: str, wanted: str) -> None:
    steps = ladder(current, wanted)
    minors = [int(step.split(".")[1]) for step in steps]
    now, goal = version_key(current)[1], version_key(wanted)[1]
    assert minors == list(range(now + 1, goal + 1))
    previous = _with(FREE, "k3s", version=current, channel=minor_of(current))
    fleet = _with(FREE, "k3s", version=wanted, channel=minor_of(wanted))
    refused = [problem for problem in refusals(fleet, previous) if problem.key == "k3s.version"]
    allowed = version_key(current) <= version_key(wanted) and goal - now <= 1
    assert bool(refused) == (not allowed)
    for step in steps if refused and goal > now else ():
        assert step in refused[0].message


@quick
@given(machines)
def test_what_is_left_is_the_least_that_any_single_loss_leaves(kinds: list[tuple[str, str]]) -> None:
    fleet = _of(kinds)
    usable = [PLANS[plan].memory_gb - MEMORY_RESERVE_GB[role] for plan, role in kinds]
    disks = [PLANS[plan].disk_gb - DISK_RESERVE_GB for plan, _ in kinds]
    found = capacity(fleet)
    assert abs(found.left_memory_gb - min(sum(usable) - one for one in usable)) < 0.001
    assert abs(found.left_disk_gb - min(sum(disks) - one for one in disks)) < 0.001
    assert found.memory_gb == sum(PLANS[plan].memory_gb for plan, _ in kinds)
    lost = next(server for server in fleet.servers if server.name == found.worst_memory_loss)
    assert usable_memory_gb(lost) == max(map(usable_memory_gb, fleet.servers))


@quick
@given(machines, st.lists(st.tuples(st.integers(0, 90), st.integers(0, 30), st.integers(0, 300)), max_size=8))
def test_the_platform_is_refused_exactly_when_it_does_not_fit_after_a_loss(
    kinds: list[tuple[str, str]], parts: list[tuple[int, int, int]]
) -> None:
    platform = tuple(
        Component(name=f"c{i}", memory_gb=m / 10, peak_memory_gb=(m + more) / 10, disk_gb=disk)
        for i, (m, more, disk) in enumerate(parts)
    )
    fleet = _of(kinds, platform)
    left = capacity(_of(kinds))
    refused = {p.message.split(" but")[0].split(" GB of ")[1] for p in refusals(fleet) if p.key == "platform"}
    base, peak = sum(m for m, _, _ in parts), sum(m + more for m, more, _ in parts)
    memory = "memory," if base / 10 > left.left_memory_gb else "memory at its peak,"
    wanted = {memory} if parts and peak / 10 > left.left_memory_gb else set()
    wanted |= {"disk,"} if parts and sum(disk for *_, disk in parts) > left.left_disk_gb else set()
    assert refused == wanted


def test_the_default_platform_is_the_estimate_and_fits() -> None:
    found = capacity(DEFAULT)
    assert (found.base_memory_gb, found.peak_memory_gb) == (26.0, 31.0)
    assert (found.left_memory_gb, found.left_disk_gb) == (31.5, 240.0)
    assert found.memory_gb == 48


@given(st.integers(1, 99))
def test_two_majorities_always_share_a_member(members: int) -> None:
    assert 2 * majority(members) > members
    assert 2 * (majority(members) - 1) <= members
