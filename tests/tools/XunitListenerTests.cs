using System.Collections.Generic;
using Commence.Cli.Test;
using Xunit;
using TestResult = Commence.Cli.Test.TestResult;

namespace Commence.ToolTests;

public sealed class XunitListenerTests
{
    [Fact]
    public void ResultsHaveTheirTestsNames()
    {
        List<TestResult> results = [];
        List<string> started = [];
        XunitListener listener = new(started.Add, results.Add);
        foreach (string line in (string[])[
            """{"$type":"test-starting","TestUniqueID":"1","TestDisplayName":"A.B(x: 1)"}""",
            """{"$type":"test-starting","TestUniqueID":"2","TestDisplayName":"A.C"}""",
            """{"$type":"test-passed","TestUniqueID":"1","ExecutionTime":1.5}""",
            """{"$type":"test-failed","TestUniqueID":"2","Messages":["no","luck"],"StackTraces":["at C"],"Output":"seen"}""",
            """{"$type":"test-starting","TestUniqueID":"3","TestDisplayName":"A.D"}""",
            """{"$type":"test-skipped","TestUniqueID":"3","Reason":"later"}""",
            """{"$type":"test-starting","TestUniqueID":"4","TestDisplayName":"A.E"}""",
            """{"$type":"something-new"}""",
            "a crash",
        ])
            listener.Hear(line);

        Assert.Equal(["A.B(x: 1)", "A.C", "A.D", "A.E"], started);
        Assert.Equal(["A.E"], listener.Running);
        Assert.Equal(new TestResult("A.B(x: 1)", TestVerdict.Passed, "", System.TimeSpan.FromSeconds(1.5)), results[0]);
        Assert.Equal(new TestResult("A.C", TestVerdict.Failed, "no\nluck\nat C\nseen"), results[1]);
        Assert.Equal(new TestResult("A.D", TestVerdict.Skipped, "later"), results[2]);
        Assert.Equal(["a crash"], listener.OtherLines);
        Assert.False(listener.HasFinished);
        listener.Hear("""{"$type":"test-assembly-finished"}""");
        Assert.True(listener.HasFinished);
    }
}
