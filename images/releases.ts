/**
 * The series of each project that makes up a release: a version prefix, of which the newest published version is locked. A
 * project that is missing from a release has no image for it.
 */
export const releases = {
  "2025.1": {
    keystone: "27",
    glance: "30",
    placement: "13",
    nova: "31",
    neutron: "26",
    cinder: "26",
    heat: "24",
    horizon: "25.3",
    octavia: "16",
    ironic: "29",
    designate: "20",
    magnum: "20",
    barbican: "20",
    manila: "20",
  },
  "2025.2": {
    keystone: "28",
    glance: "31",
    placement: "14",
    nova: "32",
    neutron: "27",
    cinder: "27",
    heat: "25",
    horizon: "25.5",
    octavia: "17",
    ironic: "32",
    designate: "21",
    magnum: "21",
    barbican: "21",
    manila: "21",
  },
  "2026.1": {
    keystone: "29",
    glance: "32",
    placement: "15",
    nova: "33",
    neutron: "28",
    cinder: "28",
    heat: "26",
    horizon: "25.7",
    octavia: "18",
    ironic: "35",
    designate: "22",
    magnum: "22",
    barbican: "22",
    manila: "22",
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The oldest version without a hole that is known and fixed in the series; a lock must not be older. */
export const floors: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // keystone: CVE-2026-42998, -42999, -43000, -44394. nova: CVE-2026-46448.
  "2025.1": { keystone: "27.0.2", nova: "31.3.1" },
  "2025.2": { keystone: "28.0.2", nova: "32.2.1" },
  "2026.1": { keystone: "29.0.2", nova: "33.0.2" },
};

/** Projects whose package on PyPI is not called what the project is called. */
export const distributions: Readonly<Record<string, string>> = {
  heat: "openstack-heat",
  placement: "openstack-placement",
};

/** What every project's image has beside the project: its database driver, and the Memcached clients of oslo.cache. */
export const common: readonly string[] = ["oslo.cache[dogpile]", "pymemcache", "PyMySQL"];

/** What a project's image needs beside that. */
export const extras: Readonly<Record<string, readonly string[]>> = {};

/** The Python of the images, Debian 13's. */
export const imagePython = "3.13";

export interface Tool {
  readonly requirements: readonly string[];
  /** The oldest Python the lock must serve; it also serves every newer one. */
  readonly python: string;
}

/** Locks that belong to no release: what the image build itself runs, and the command-line client of the end-to-end tests. */
export const tools = {
  uv: { requirements: ["uv"], python: "3.11" },
  /** What the few packages that come without a wheel are built with. */
  build: { requirements: ["pbr", "setuptools", "wheel"], python: "3.13" },
  client: { requirements: ["osc-placement", "python-openstackclient"], python: "3.11" },
} as const satisfies Readonly<Record<string, Tool>>;
