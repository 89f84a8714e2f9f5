"""The fleet file that `momentum infra init` writes: the default fleet, with the reason of every value.

`deploy/fleet.yaml` is this text; a test holds the two equal, and that nothing of it is refused.
"""

from __future__ import annotations

from momentum.fleet.problems import FileProblem, Lines, problem
from momentum.fleet.schema import Fleet

# A hash stands where the point of the curve would: nobody has the private half of it.
EXAMPLE_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKM2dkNJtT9nqvxVmPk5DEBPqB1hsidlPM0Lef40gwT+ replace-me"
EXAMPLE_ZONE = "momentum-coach.example"


def default_fleet_text(ssh_public_key: str | None = None, zone: str | None = None) -> str:
    """The commented file. What is given stands in place of the examples that a person must otherwise replace."""
    text = _TEXT.replace(EXAMPLE_KEY, ssh_public_key.strip()) if ssh_public_key else _TEXT
    return text.replace(EXAMPLE_ZONE, zone) if zone else text


def still_to_fill_in(fleet: Fleet, lines: Lines | None = None) -> list[FileProblem]:
    """The examples that are still in the file. It may be planned with them, but nothing may be ordered."""
    found = []
    for index, key in enumerate(fleet.ssh.keys):
        if key.public_key == EXAMPLE_KEY:
            found.append(
                problem(lines, f"ssh.keys[{index}].public_key", "is the example; put your own public key here")
            )
    for at, name in (("dns.zone", fleet.dns.zone if fleet.dns else ""), ("k3s.api_name", fleet.k3s.api_name)):
        if name.endswith(".example"):
            found.append(problem(lines, at, f"is {name}, an example that is nobody's; put your own domain here"))
    return sorted(found)


_TEXT = f"""\
# The servers that the company wants. `momentum infra plan` shows the difference to what exists and what it costs;
# `momentum infra apply` makes it so after a person said yes to exactly that plan.
# No secret belongs here: the file is kept in git. OVH's and S3's keys and K3s's token are in one encrypted file
# outside of it, and the private keys of the mesh are born on their machine and never leave it.

name: momentum

provider:
  name: ovh
  endpoint: ovh-eu
  # The country whose price list and tax hold for the account.
  subsidiary: FR
  # All servers in one place: etcd wants under 5 ms between its members.
  datacenter: GRA
  image: Debian 12
  # 12 months cost 15 % less than 1, and are paid in one sum when ordered: 599.04 EUR with tax for this fleet.
  # By the month (1) it would be 58.75 EUR a month with tax, above the budget below.
  term_months: 12

budget:
  # Prices of plans and lines are without tax, as in price lists; this is put on top where a purse says `included`.
  vat_percent: 20
  servers_paid_from: platform
  purses:
    # 4 x 10.40 = 41.60, with tax 49.92 EUR a month: 0.08 EUR are left, so nothing else can be paid from it.
    - name: platform
      eur_per_month: 50
      tax: included
      belongs_to: Momentum Coach, hosting
    # What 0.08 EUR cannot pay has a purse of its own.
    - name: office
      eur_per_month: 5
      tax: included
      belongs_to: Momentum Coach, running costs of the office
  lines:
    - what: object storage
      eur_per_month: 1.00
      paid_from: office
      note: about 100 GB of backups; an estimate, the invoice tells
    - what: domain
      eur_per_month: 0.90
      paid_from: office
      note: about 11 EUR a year; an estimate, the invoice tells

# Three servers hold etcd, the cluster's memory: it works while two of them live. A fourth would not add safety,
# so the fourth machine is an agent, which only runs work.
# vps-2027-model3 has 6 vCores, 12 GB of memory and 100 GB of disk.
# `role: ingress` marks where visitors come in: two machines, so that the sites survive the loss of one.
servers:
  - name: server-1
    role: server
    plan: vps-2027-model3
    mesh_address: 10.66.0.1
  - name: server-2
    role: server
    plan: vps-2027-model3
    mesh_address: 10.66.0.2
  - name: server-3
    role: server
    plan: vps-2027-model3
    mesh_address: 10.66.0.3
    labels:
      role: ingress
  - name: agent-1
    role: agent
    plan: vps-2027-model3
    mesh_address: 10.66.0.4
    labels:
      role: ingress

# WireGuard between the machines; all traffic of the cluster goes through it.
mesh:
  # A network of its own: it must not overlap the pods' (10.42), the services' (10.43) or Cilium's.
  network: 10.66.0.0/24
  port: 51820
  # WireGuard's usual value on a link of 1500. Everything else follows from it: 1420 - 50 (VXLAN) - 95 (Cilium's
  # WireGuard) = 1275 for a pod. Cilium is given 1420 and takes the rest off by itself.
  mtu: 1420
  keepalive_s: 25

k3s:
  # One minor at a time, upwards only; a channel as `stable` would upgrade by itself.
  version: v1.36.3+k3s1
  channel: v1.36
  api_name: api.{EXAMPLE_ZONE}
  pod_cidr: 10.42.0.0/16
  service_cidr: 10.43.0.0/16
  cluster_dns: 10.43.0.10
  cluster_domain: cluster.local
  # Every six hours, kept for a week, also in the object storage below.
  etcd_snapshot_cron: "0 */6 * * *"
  etcd_snapshots_kept: 28

# What of Cilium touches the machines; the rest is its Helm values.
cilium:
  # Pods get K3s's addresses. Cilium's own pool, 10.0.0.0/8, would swallow the mesh.
  ipam: kubernetes
  tunnel: vxlan
  tunnel_port: 8472
  wireguard: true
  wireguard_port: 51871

# What is open to the world. Between themselves the machines talk through the mesh only. A rule may name the
# networks that it opens to (`sources: [203.0.113.0/24]`, IPv4); without, it is open to everybody, by IPv6 as well.
firewall:
  open:
    - name: ssh
      protocol: tcp
      port: 22
    - name: http
      protocol: tcp
      port: 80
      on:
        role: ingress
    - name: https
      protocol: tcp
      port: 443
      on:
        role: ingress

ssh:
  # The user that OVH's Debian image comes with.
  user: debian
  port: 22
  # Public keys only. A key that is on a machine but not here is reported.
  keys:
    - name: operator
      public_key: {EXAMPLE_KEY}

dns:
  zone: {EXAMPLE_ZONE}
  records:
    - name: "@"
      type: A
      servers:
        role: ingress
      ttl_s: 300
    - name: app
      type: A
      servers:
        role: ingress
      ttl_s: 300
    # Only this authority may issue certificates for the zone.
    - name: "@"
      type: CAA
      value: 0 issue "letsencrypt.org"
      ttl_s: 3600

# Snapshots of etcd, a copy of the journal of changes, and the lease of whoever applies.
backups:
  endpoint: s3.gra.io.cloud.ovh.net
  region: gra
  bucket: momentum-backups
  folder: momentum

# What the planned platform needs, over all replicas: 26 GB of memory, 31 GB with a runner and a Dagster run at work,
# 161 GB of disk. Estimates, to be replaced by what is measured. After the loss of one machine, and with the hosts'
# own part taken off (1.5 GB a server, 0.7 GB an agent, 20 GB of disk), 31.5 GB and 240 GB are left.
platform:
  - {{name: cilium, memory_gb: 1.8}}
  - {{name: cluster-dns-and-metrics, memory_gb: 0.5}}
  - {{name: argo-cd, memory_gb: 1.2}}
  - {{name: cert-manager, memory_gb: 0.3}}
  - {{name: external-secrets, memory_gb: 0.2}}
  - {{name: vault, memory_gb: 0.8, disk_gb: 3}}
  # Three instances: one writes, two follow.
  - {{name: postgresql, memory_gb: 3.2, disk_gb: 30}}
  # Three masters, three replicas.
  - {{name: redis, memory_gb: 1.2, disk_gb: 6}}
  # Two replicas and three keepers.
  - {{name: clickhouse, memory_gb: 7.0, disk_gb: 66}}
  - {{name: victoria-metrics, memory_gb: 1.6, disk_gb: 20}}
  # One day of its own; it hands everything on.
  - {{name: prometheus, memory_gb: 1.2, disk_gb: 5}}
  - {{name: victoria-logs, memory_gb: 0.8, disk_gb: 15}}
  - {{name: grafana, memory_gb: 0.5, disk_gb: 1}}
  - {{name: langfuse, memory_gb: 2.8}}
  - {{name: dagster, memory_gb: 1.9, disk_gb: 5}}
  - {{name: dagster-runs, memory_gb: 0, peak_memory_gb: 3.0}}
  - {{name: momentum, memory_gb: 0.8}}
  - {{name: github-runners, memory_gb: 0.2, peak_memory_gb: 2.2, disk_gb: 10}}
"""
