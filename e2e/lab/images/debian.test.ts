import { debianSourcesFor } from "./debian.ts";

const paragraphs = `# made by the installer
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;

const lines = `deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib
deb-src http://mirror.example/debian bookworm main
# deb http://commented.example/debian bookworm main
deb https://vendor.example/linux bookworm stable
deb [signed-by=/etc/apt/keyrings/vendor.gpg] https://signed.example/apt bookworm main
deb https://vendor.example/pgdg bookworm-pgdg main
deb http://vendor.example/apt nodistro main
`;

describe("Debian sources", () => {
  it("carry the machine's mirrors over to another release", () => {
    expect(debianSourcesFor("trixie", { distribution: "debian", codename: "bookworm", files: [paragraphs] })).toEqual([
      "deb http://mirror.example/debian trixie main",
      "deb http://mirror.example/debian trixie-updates main",
      "deb http://mirror.example/debian-security trixie-security main",
    ]);
  });

  it("leave out other vendors' packages and what is switched off", () => {
    expect(debianSourcesFor("trixie", { distribution: "debian", codename: "bookworm", files: [lines] })).toEqual([
      "deb http://mirror.example/debian trixie main",
    ]);
  });

  it("are none where the mirrors are listed in a file that only the machine has", () => {
    const file =
      "deb mirror+file:/etc/apt/mirrors/debian.list bookworm main\ndeb http://a.example/debian bookworm-updates main";
    expect(debianSourcesFor("trixie", { distribution: "debian", codename: "bookworm", files: [file] })).toEqual([]);
  });

  it("are none on a machine that is not Debian's", () => {
    const ubuntu = "deb http://mirror.example/ubuntu noble main universe";
    expect(debianSourcesFor("trixie", { distribution: "ubuntu", codename: "noble", files: [ubuntu] })).toEqual([]);
  });
});
