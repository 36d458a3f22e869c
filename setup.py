"""Package list for setuptools: the code, and the folder conf/ of the repository as scaling_lab/conf.

Everything else is in pyproject.toml, which cannot both search for packages and rename one.
"""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages(include=["scaling_lab*", "hydra_plugins*"]), "scaling_lab.conf"],
    package_dir={"scaling_lab.conf": "conf"},
)
