using System;
using System.Threading;
using System.Threading.Tasks;

namespace Commence.Cli.Test;

/// <summary>A part of all tests that is built and run as one.</summary>
internal interface ITestPart
{
    /// <summary>What it is called to the user.</summary>
    string Name { get; }

    /// <summary>Whether its tests are slow enough that each is worth a line.</summary>
    bool IsSlow { get; }

    /// <summary>Builds it.</summary>
    /// <remarks>Fails: throws <see cref="CommandException"/>.</remarks>
    Task BuildAsync(CancellationToken stop);

    /// <summary>Runs it.</summary>
    /// <param name="filter">Only tests whose name contains this; empty for all.</param>
    /// <param name="onStart">Called with the name of each test that starts.</param>
    /// <param name="onResult">Called with each result.</param>
    /// <param name="stop">Gives up.</param>
    /// <remarks>Fails: throws <see cref="CommandException"/> if it does not come to its end.</remarks>
    Task RunAsync(string filter, Action<string> onStart, Action<TestResult> onResult, CancellationToken stop);
}
