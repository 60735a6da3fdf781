# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""What is installed is complete, and the files that describe the package agree with each other."""

from __future__ import annotations

import ast
from pathlib import Path
import re
import shutil
import subprocess
import sys
from typing import Any
import xml.etree.ElementTree as ElementTree

import pytest
import setuptools

ROOT = Path(__file__).resolve().parents[1]
NAME = 'follow_anything'
NODES = {
    'detector_node',
    'tracker_node',
    'controller_node',
    'watchdog_node',
    'visualizer_node',
    'console_node',
    'mavlink_camera_node',
    'sim_node',
}
SHARED_FOLDERS = ('config', 'launch', 'models', 'worlds')

pytestmark = pytest.mark.skipif(
    not (ROOT / 'setup.py').is_file(), reason='the sources are not here, only an installation'
)


@pytest.fixture(scope='module')
def metadata() -> dict[str, Any]:
    """Give the arguments of setup(), without running it."""
    captured: dict[str, Any] = {}
    code = compile((ROOT / 'setup.py').read_text(encoding='utf-8'), str(ROOT / 'setup.py'), 'exec')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, 'setup', lambda **arguments: captured.update(arguments))
        patch.chdir(ROOT)
        exec(code, {'__file__': str(ROOT / 'setup.py'), '__name__': '__main__'})
    return captured


@pytest.fixture(scope='module')
def package_xml() -> ElementTree.Element:
    return ElementTree.parse(ROOT / 'package.xml').getroot()


def test_package_xml_is_format_3_and_of_ament_python(package_xml: ElementTree.Element) -> None:
    assert (package_xml.tag, package_xml.get('format')) == ('package', '3')
    assert package_xml.findtext('export/build_type') == 'ament_python'
    required = ('name', 'version', 'description', 'maintainer', 'license')
    assert all((package_xml.findtext(tag) or '').strip() for tag in required)
    licence = package_xml.find('license')
    assert licence is not None
    assert (ROOT / str(licence.get('file'))).is_file()


def test_catkin_pkg_accepts_package_xml() -> None:
    """The parser that colcon, rosdep and bloom use; it warns about what it only tolerates."""
    parser = pytest.importorskip('catkin_pkg.package', reason='catkin_pkg is not installed')
    warnings: list[str] = []
    package = parser.parse_package(str(ROOT), warnings=warnings)
    package.validate(warnings=warnings)
    assert package.name == NAME
    assert warnings == []


def test_name_and_version_are_the_same_everywhere(
    metadata: dict[str, Any], package_xml: ElementTree.Element
) -> None:
    init = ast.parse((ROOT / NAME / '__init__.py').read_text(encoding='utf-8'))
    versions = [
        node.value.value
        for node in init.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and [target.id for target in node.targets if isinstance(target, ast.Name)]
        == ['__version__']
    ]
    assert package_xml.findtext('name') == metadata['name'] == NAME
    assert package_xml.findtext('version') == metadata['version']
    assert versions == [metadata['version']]


def test_changelog_starts_with_this_version(metadata: dict[str, Any]) -> None:
    changelog = ROOT / 'CHANGELOG.rst'
    if not changelog.is_file():
        pytest.skip('there is no CHANGELOG.rst')
    headings = re.findall(r'^(Forthcoming|\d+\.\d+\.\d+).*\n-+$', changelog.read_text(), re.M)
    assert headings, 'expected a heading such as "0.1.0 (2026-11-22)" underlined with dashes'
    assert headings[0] in (metadata['version'], 'Forthcoming')


def test_every_ros_import_is_a_dependency(package_xml: ElementTree.Element) -> None:
    """What a module imports from ROS, package.xml names, so that rosdep installs it."""
    declared = {element.text for element in package_xml.iter() if element.tag.endswith('depend')}
    ros = re.compile(
        r'^(?:from|import) ((?:\w+_(?:msgs|srvs|interfaces)|rclpy|ament_index_python)\b)', re.M
    )
    used = {
        match
        for path in (ROOT / NAME).rglob('*.py')
        for match in ros.findall(path.read_text(encoding='utf-8'))
    }
    assert used <= declared, f'missing in package.xml: {sorted(used - declared)}'


def test_every_executable_has_its_module_and_function(metadata: dict[str, Any]) -> None:
    scripts = metadata['entry_points']['console_scripts']
    names = set()
    for script in scripts:
        name, module, function = re.fullmatch(r'(\w+) = ([\w.]+):(\w+)', script).groups()
        source = ROOT / (module.replace('.', '/') + '.py')
        assert source.is_file(), f'{name} names {source.relative_to(ROOT)}, which does not exist'
        functions = [
            node.name
            for node in ast.parse(source.read_text(encoding='utf-8')).body
            if isinstance(node, ast.FunctionDef)
        ]
        assert function in functions, f'{module} has no function {function}()'
        names.add(name)
    assert names == {*NODES, NAME}


def test_all_shared_files_are_listed(metadata: dict[str, Any]) -> None:
    listed = {name for _, names in metadata['data_files'] for name in names}
    present = {
        str(path.relative_to(ROOT))
        for folder in SHARED_FOLDERS
        for path in (ROOT / folder).rglob('*')
        if path.is_file() and '__pycache__' not in path.parts and not path.name.startswith('.')
    }
    assert present
    assert present | {'package.xml', f'resource/{NAME}'} == listed
    for target, names in metadata['data_files']:
        for name in names:
            assert (ROOT / name).is_file()
            if name.split('/')[0] in SHARED_FOLDERS:
                assert target == f'share/{NAME}/{Path(name).parent}'


def test_the_models_are_small_enough_to_ship() -> None:
    files = [path for path in (ROOT / 'models').rglob('*') if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 60_000_000


def test_every_folder_with_modules_is_a_package(metadata: dict[str, Any]) -> None:
    folders = {
        '.'.join(path.parent.relative_to(ROOT).parts) for path in (ROOT / NAME).rglob('*.py')
    }
    assert folders == set(metadata['packages']), 'a folder has no __init__.py'


@pytest.mark.slow
def test_pip_installs_modules_shared_files_and_executables(tmp_path: Path) -> None:
    # From a copy, because setuptools writes its build folder beside setup.py.
    sources = tmp_path / 'sources'
    unwanted = ('.*', '__pycache__', '*.egg-info', 'build', 'install', 'log', 'out', 'dist')
    shutil.copytree(ROOT, sources, ignore=shutil.ignore_patterns(*unwanted))

    target = tmp_path / 'prefix'
    command = [sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--no-index']
    command += ['--no-build-isolation', '--disable-pip-version-check', '--target', str(target)]
    result = subprocess.run(
        [*command, str(sources)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr

    expected = {
        str(path.relative_to(sources)) for path in (sources / NAME).rglob('*') if path.is_file()
    }
    expected |= {f'bin/{name}' for name in (*NODES, NAME)}
    expected |= {f'share/ament_index/resource_index/packages/{NAME}', f'share/{NAME}/package.xml'}
    expected |= {
        f'share/{NAME}/{path.relative_to(sources)}'
        for folder in SHARED_FOLDERS
        for path in (sources / folder).rglob('*')
        if path.is_file()
    }
    missing = {name for name in expected if not (target / name).is_file()}
    assert missing == set()


def test_share_directory_is_found_where_the_package_is_installed() -> None:
    index = pytest.importorskip('ament_index_python.packages', reason='ROS 2 is not installed')
    share = Path(index.get_package_share_directory(NAME))
    assert (share / 'package.xml').is_file()
    assert (share / 'config' / 'fastdds.xml').is_file()
