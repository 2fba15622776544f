"""One answer, from its first event to its last: nothing here knows Flask, an SDK or SQL.

    registry       the runs of this worker, their slots, the clock's tick and the drain
    thread_runs    runs of stored threads: a request becomes a row, a producer and readers
    run            one answer: its producer, its log, its end
    steps          the calls to the model that make it; `model` is what they need of a provider
    log            the run's numbered events in memory; `log_reader` follows it, `store_reader` the database
    recorder       keeps this worker's runs in the store: events, heartbeat, cancels, ends
    orphans        ends the runs of processes that have gone, whatever the clocks of machines say

A run's states, and who moves it. Whoever wants the end *seals* the run, and the first one wins: the log takes no more,
the provider's connection closes. Its end is *stored* by its owner's compare-and-set, and only then it *ends*: the
terminal event is in the log and the readers see it. A run of `POST /stream` is not stored.

    running ──seal──▶ sealed ──store──▶ stored ──end──▶ ended
       │  model, failure,       recorder          Run.end: exactly one terminal event
       │  limit, cancel, drain     │
       │                           └─ somebody else has stored an end ──abandon──▶ readers go to the database
       └─ the process dies: another worker sees its heartbeat stand still, claims the row, stores `run.interrupted`

`requires_action` is the status of a run that waits for a person; like `running` it is ACTIVE: its thread runs no other.
"""
