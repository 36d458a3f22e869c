"""Clusters of test images as the columns of the two-way layout."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from scaling_lab.analysis.clusters import read_clusters, use_clusters
from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.stats.noise import draw_noise
from scaling_lab.analysis.synthetic import make_cells, make_study_table
from scaling_lab.analysis.synthetic_answers import ProbitNoise
from scaling_lab.errors import UserError


@pytest.fixture
def rng():
    return np.random.default_rng(2019)


def clustered(cells, clusters):
    return [replace(cell, clusters=np.asarray(clusters)) for cell in cells]


def contrast(cells):
    a, b = cells
    return estimate_contrast([(a, 1.0), (b, -1.0)])


def test_one_image_per_cluster_is_no_cluster(rng):
    cells = list(make_cells({"a": 0.9, "b": 0.85}, 4, 500, rng).values())
    alone, given = contrast(cells), contrast(clustered(cells, rng.permutation(500)))
    assert given.value == pytest.approx(alone.value)
    assert given.interval() == pytest.approx(alone.interval())
    assert (given.p, given.interaction) == pytest.approx((alone.p, alone.interaction))


def test_copies_of_images_say_nothing_new(rng):
    """Each image five times, given as clusters, is the interval of the images once."""
    cells = list(make_cells({"a": 0.9, "b": 0.85}, 4, 400, rng).values())
    copies = [
        replace(cell, test_images=2000, packed=np.packbits(np.repeat(cell.correct, 5, axis=1), axis=1))
        for cell in cells
    ]
    once, given = contrast(cells), contrast(clustered(copies, np.repeat(np.arange(400), 5)))
    assert given.interval() == pytest.approx(once.interval())
    assert given.freedom == pytest.approx(once.freedom)
    assert contrast(copies).images.variance < once.images.variance
    drawn = [draw_noise(networks, 500) for networks in (cells, clustered(copies, np.repeat(np.arange(400), 5)))]
    assert drawn[0].by_images == pytest.approx(drawn[1].by_images)


def test_accuracy_is_that_of_images_for_any_sizes(rng):
    (cell,) = clustered(make_cells({"a": 0.9}, 3, 500, rng).values(), np.sort(rng.integers(0, 40, 500)))
    assert cell.answers.shape == (3, 40)
    assert cell.answers.mean(axis=1) == pytest.approx(cell.accuracy)


def test_intervals_cover_with_clusters_and_not_without(rng):
    clusters, hits = np.arange(2000) // 10, np.zeros(2)
    for _ in range(200):
        cells = list(make_cells({"a": 0.86, "b": 0.85}, 5, 2000, rng, ProbitNoise(rule=0.7, cluster=10)).values())
        for place, pair in enumerate((cells, clustered(cells, clusters))):
            low, high = contrast(pair).interval()
            hits[place] += low <= 0.01 <= high
    assert hits[0] < 0.8 * 200
    assert binom.ppf(0.0001, 200, 0.95) <= hits[1]


def test_comparisons_use_clusters_and_say_how_many(rng):
    table = make_study_table({("a", 2.0): 0.9, ("b", 2.0): 0.85}, 4, 500, rng, ProbitNoise(rule=0.7, cluster=5))
    evidence = collect_evidence(table)
    (plain,), (given,) = (compare_rules(use_clusters(evidence, c)) for c in (None, np.arange(500) // 5))
    assert (plain.clusters, given.clusters) == (None, 100)
    assert given.sampling_error > 1.5 * plain.sampling_error
    assert given.pairs[0].estimate.standard_error > plain.pairs[0].estimate.standard_error
    with pytest.raises(UserError, match=r"400.*500"):
        use_clusters(evidence, np.arange(400) // 5)


def write(tmp_path, text):
    path = tmp_path / "clusters.csv"
    path.write_text(text)
    return path


def test_a_file_in_any_order_with_names(tmp_path):
    path = write(tmp_path, "cluster,index\nb,2\na,0\na,1\n c ,3\n")
    assert read_clusters(path).tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "index and cluster"),
        ("index\n0\n", "column cluster"),
        ("index,cluster\n0,a\n2,b\n", "index 1 is missing"),
        ("index,cluster\n1,a\n2,b\n", "index 0 is missing"),
        ("index,cluster\n0,a\n0,b\n", "line 3.*index 0"),
        ("index,cluster\n0,a\nx,b\n", "line 3.*'x'"),
        ("index,cluster\n0,a\n-1,b\n", "line 3.*'-1'"),
        ("index,cluster\n0,a\n1\n", "line 3.*no cluster"),
        ("index,cluster\n0,a\n1,a\n", "1 cluster"),
        ("index,cluster\n", "0 clusters"),
    ],
)
def test_wrong_files_are_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(UserError, match=message) as error:
        read_clusters(write(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_file_that_does_not_exist(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        read_clusters(tmp_path / "nothing.csv")
