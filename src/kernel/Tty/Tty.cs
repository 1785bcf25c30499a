// A terminal. (Only what processes need of it so far.)
using Commence.Processes;

namespace Commence.Terminals;

/// <summary>A terminal.</summary>
public sealed partial class Tty
{
    /// <summary>A session lost its leader.</summary>
    internal static void OnSessionEnd(Session session) => _ = session; // no session has a terminal yet
}
