"""One answer, from its first event to its last: nothing here knows Flask, an SDK or SQL.

    registry       the runs of this worker, their slots, the clock's tick and the drain
    thread_runs    runs of stored threads: a request becomes a row, a producer and readers
    run            one answer: its producer, its log, its end
    steps          the calls to the model that make it; `model` is what they need of a provider, `usage` counts
    toolbox        what a run may call, and what a person is asked about; `calls` makes calls, `tools` is what both need
    launcher       a stored run begins or goes on: tools, producer, recorder; `run_request` is what was asked for
    decisions      what persons decide; `taking_up` rebuilds the run that waited, and `holding` watches those that wait
                   within a call that this worker has open
    log            the run's numbered events in memory; `log_reader` follows it, `store_reader` the database, and
                   `following` first the one and then the other
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

    running ──park──▶ requires_action ──take up──▶ running
                            └─ cancelled, or nobody has decided in time ──▶ ended

`requires_action` is the status of a run that waits for a person; like `running` it is ACTIVE: its thread runs no other.
It is in no process: whoever takes the last decision takes it up from its log. Only where an older MCP server asks in
a call that stays open, the worker that has the call goes on with it, and its end ends the run.
"""
