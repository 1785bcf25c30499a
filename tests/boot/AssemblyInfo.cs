// One machine at a time: a machine takes all processors of the host.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
