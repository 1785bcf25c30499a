// Computes the order of initcalls, or why there is none. Pure: lists in, lists out.
//
// Level by level: among the calls all of whose dependencies have been placed, the one that stands first in the source comes
// next. So the order is stable: adding a call moves only what depends on it.
using System.Collections.Generic;
using System.Linq;

namespace Commence.Analyzers.Initcalls;

/// <summary>A call in its place, with the places of those of its level that it waits for, and of those of earlier levels that it names.</summary>
internal sealed record PlacedCall(InitcallModel Call, List<int> Dependencies, List<int> Earlier);

internal sealed class InitcallOrder
{
    private readonly IReadOnlyList<InitcallModel> _calls;
    private readonly List<Finding> _findings = [];
    private readonly IReadOnlyList<InitcallModel> _leftOut;
    private readonly SortedSet<int>[] _waitsFor; // by call: the calls of the same level that must have ended before it
    private readonly SortedSet<int>[] _earlier;  // by call: those of earlier levels, which have ended anyway

    private InitcallOrder(IReadOnlyList<InitcallModel> calls, IReadOnlyList<InitcallModel> leftOut)
    {
        _calls = calls;
        _leftOut = leftOut;
        _waitsFor = calls.Select(static _ => new SortedSet<int>()).ToArray();
        _earlier = calls.Select(static _ => new SortedSet<int>()).ToArray();
    }

    /// <summary>Sorts what is left of a whole kernel without some of its optional parts.</summary>
    public static (List<PlacedCall> Order, List<Finding> Findings) SortWithout(IReadOnlyList<InitcallModel> calls, IReadOnlyCollection<string> parts)
    {
        (List<PlacedCall> order, List<Finding> findings) = Sort(
            calls.Where(call => !parts.Contains(call.Part)).ToList(), isWhole: true, calls.Where(call => parts.Contains(call.Part)).ToList());
        List<string> known = calls.Select(static call => call.Part).Where(static part => part.Length > 0).Distinct().ToList();
        foreach (string part in parts.Where(part => !known.Contains(part)))
            findings.Add(new Finding(InitcallRules.NoPart, null, part, known.Count > 0 ? string.Join(", ", known) : "none that can be left out"));
        return (order, findings);
    }

    /// <summary>Sorts <paramref name="calls"/>, which are given in source order, lower assemblies first.</summary>
    /// <param name="isWhole">Whether these are all the calls of a kernel, so that a name that is missing here is missing.</param>
    /// <param name="leftOut">Calls of parts that this build leaves out.</param>
    public static (List<PlacedCall> Order, List<Finding> Findings) Sort(
        IReadOnlyList<InitcallModel> calls, bool isWhole, IReadOnlyList<InitcallModel>? leftOut = null)
    {
        var order = new InitcallOrder(calls, leftOut ?? []);
        order.FindDuplicates();
        for (int i = 0; i < calls.Count; i++)
        {
            foreach (Edge edge in calls[i].Edges)
                order.Resolve(i, edge, isWhole);
        }
        return (order.Place(), order._findings);
    }

    private void FindDuplicates()
    {
        foreach (IGrouping<string, InitcallModel> same in _calls.GroupBy(static call => call.Name))
        {
            foreach (InitcallModel other in same.Skip(1))
                _findings.Add(new Finding(InitcallRules.Duplicate, other.Place, other.Name, same.First().Type, other.Type));
        }
    }

    private void Resolve(int owner, Edge edge, bool isWhole)
    {
        InitcallModel call = _calls[owner];
        bool found = false;
        for (int target = 0; target < _calls.Count; target++)
        {
            if (!edge.IsTarget(_calls[target]))
                continue;
            found = true;
            if (target == owner && edge.Kind == TargetKind.Type)
                continue; // "after my own type" means after the other calls of it
            if (edge.IsBefore)
                Add(waiter: target, waited: owner, owner);
            else
                Add(waiter: owner, waited: target, owner);
        }

        if (!found && !edge.IsOptional && _leftOut.FirstOrDefault(edge.IsTarget) is { } gone)
        {
            if (!edge.IsBefore) // "before what is not there" is no need
                _findings.Add(new Finding(InitcallRules.LeftOut, call.Place, call.Name, gone.Name, gone.Part, WhatToLeaveOut(call)));
            return;
        }

        // A name may belong to an assembly above: only the composition root can tell that nobody has it.
        bool isCertain = isWhole || edge.Kind != TargetKind.Name;
        if (!found && !edge.IsOptional && isCertain)
            _findings.Add(new Finding(InitcallRules.Unknown, call.Place, call.Name, edge.Shown, WhyUnknown(edge)));
    }

    private static string WhatToLeaveOut(InitcallModel call) => call.Part.Length > 0 ? $"'{call.Part}'" : "that (it belongs to no part yet)";

    private static string WhyUnknown(Edge edge) => edge.Kind switch
    {
        TargetKind.Type => "which has no initcall",
        TargetKind.Method => "which is no initcall",
        _ => "which is no initcall of this kernel; if that part may be left out, write IsOptional = true",
    };

    private void Add(int waiter, int waited, int owner)
    {
        if (_calls[waited].Level > _calls[waiter].Level)
        {
            _findings.Add(new Finding(InitcallRules.LaterLevel, _calls[owner].Place, _calls[waiter].Name,
                $"{_calls[waiter].Shown} → {_calls[waited].Shown}"));
        }
        else if (_calls[waited].Level == _calls[waiter].Level)
        {
            _waitsFor[waiter].Add(waited);
        }
        else
        {
            _earlier[waiter].Add(waited); // it has ended anyway: for the graph only
        }
    }

    private List<PlacedCall> Place()
    {
        var order = new List<PlacedCall>();
        var placeOf = new Dictionary<int, int>();
        foreach (IGrouping<int, int> level in Enumerable.Range(0, _calls.Count).GroupBy(i => _calls[i].Level).OrderBy(static level => level.Key))
        {
            List<int> left = level.ToList();
            while (left.Count > 0)
            {
                int next = left.FindIndex(i => _waitsFor[i].All(placeOf.ContainsKey));
                if (next < 0)
                {
                    Untie(left);
                    continue;
                }
                int call = left[next];
                placeOf.Add(call, order.Count);
                order.Add(new PlacedCall(_calls[call], PlacesOf(_waitsFor[call], placeOf), PlacesOf(_earlier[call], placeOf)));
                left.RemoveAt(next);
            }
        }
        return order;
    }

    private static List<int> PlacesOf(IEnumerable<int> calls, Dictionary<int, int> placeOf) =>
        calls.Select(call => placeOf[call]).OrderBy(static place => place).ToList();

    // Reports one circle among calls that all wait, and opens it so that others can be found as well.
    private void Untie(List<int> waiting)
    {
        var path = new List<int> { waiting[0] };
        while (true)
        {
            int next = _waitsFor[path[path.Count - 1]].First(waiting.Contains);
            int seen = path.IndexOf(next);
            path.Add(next);
            if (seen < 0)
                continue;

            List<int> circle = path.Skip(seen).ToList();
            _findings.Add(new Finding(
                InitcallRules.Cycle, circle.Select(i => _calls[i].Place).FirstOrDefault(static place => place is not null),
                string.Join(" → ", circle.Select(i => _calls[i].Shown))));
            _waitsFor[circle[0]].Remove(circle[1]);
            return;
        }
    }
}
