import pytest

from crm.lib.stats import median, share, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(5, 10, 0.2366, 0.7634), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_the_range_of_a_share(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-4)


def test_nothing_tried_says_nothing():
    assert wilson(0, 0) == (0.0, 1.0)
    assert share(0, 0) is None
    assert median([]) is None


def test_more_successes_than_tries_are_a_mistake():
    with pytest.raises(ValueError, match="none and all"):
        wilson(3, 2)


def test_the_middle_and_the_part():
    assert median(iter([5, 1, 3])) == 3
    assert median([1, 2]) == 1.5
    assert share(1, 4) == 0.25
