"""The same queue in Ciw, run by its own Python: a plan as JSON comes in, means of many runs as JSON go out.

A plan is ``{"agents", "handle_s", "patience_s", "hours", "warm_up_s", "runs", "per_hour": {class: rate}}``, its classes
in the order of their priority. Of each class and run come the mean wait in seconds, the share that had to wait, and the
share that gave up.
"""

import json
import sys

import ciw


def run(plan, seed):
    """One run: the figures of each class."""
    ciw.seed(seed)
    classes = list(plan["per_hour"])
    shape = {
        "arrival_distributions": {name: [ciw.dists.Exponential(plan["per_hour"][name] / 3600)] for name in classes},
        "service_distributions": {name: [ciw.dists.Exponential(1 / plan["handle_s"])] for name in classes},
        "number_of_servers": [plan["agents"]],
        "priority_classes": {name: number for number, name in enumerate(classes)},
    }
    if plan["patience_s"]:
        patience = [ciw.dists.Exponential(1 / plan["patience_s"])]
        shape["reneging_time_distributions"] = dict.fromkeys(classes, patience)
    simulation = ciw.Simulation(ciw.create_network(**shape))
    simulation.simulate_until_max_time(plan["hours"] * 3600)
    found = {name: [] for name in classes}
    for record in simulation.get_all_records():
        if record.arrival_date >= plan["warm_up_s"]:
            found[record.customer_class].append(record)
    return {name: figures(records) for name, records in found.items()}


def figures(records):
    """Mean wait, share that waited, share that gave up."""
    return {
        "wait_s": sum(record.waiting_time for record in records) / len(records),
        "waits": sum(record.waiting_time > 0 for record in records) / len(records),
        "abandons": sum(record.record_type == "renege" for record in records) / len(records),
    }


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump([run(asked, seed) for seed in range(asked["runs"])], sys.stdout)
