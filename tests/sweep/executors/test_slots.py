"""Each call has a device, and no device more calls at once than it has slots."""

import pytest

from scaling_lab.sweep.executors.slots import call_on_devices


@pytest.mark.usefixtures("stand_in")
def test_a_device_has_no_more_calls_at_once_than_slots() -> None:
    import stand_in

    slots = ("cuda:0", "cuda:1", "cuda:1")
    calls = [(0.05 * (1 + place % 3),) for place in range(9)]
    found = dict(call_on_devices(stand_in.busy_on, calls, slots))
    assert sorted(found) == list(range(9))
    for device in set(slots):
        spans = [(began, ended) for on, began, ended in found.values() if on == device]
        assert spans
        at_once = [sum(began <= when < ended for began, ended in spans) for when, _ in spans]
        assert max(at_once) <= slots.count(device)
