// The kernel under test has state of its own (its log, its hooks): one test at a time.
using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)]
