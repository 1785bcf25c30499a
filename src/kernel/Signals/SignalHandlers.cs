// What the processes that share a table want done with each signal.
using System.Runtime.CompilerServices;
using System.Threading;
using Commence.Locking;
using Commence.Memory;

namespace Commence.Signals;

/// <summary>Dispositions of all signals (Linux: <c>struct sighand_struct</c>). Threads, and tasks made with CLONE_SIGHAND, share one.</summary>
public sealed class SignalHandlers
{
    private IrqSpinLock _lock;      // inside a process's SignalLock
    private int _references;
    private Actions _actions;

    [InlineArray((int)Signal.Last)]
    private struct Actions
    {
        private SignalAction _first;
    }

    /// <summary>Makes a table of defaults with one use.</summary>
    /// <returns>Null if there is no memory.</returns>
    public static SignalHandlers? TryMake()
    {
        if (!Kmem.TryNew(out SignalHandlers handlers))
            return null;

        handlers._references = 1;
        return handlers;
    }

    /// <summary>Makes an equal table (fork).</summary>
    /// <returns>Null if there is no memory.</returns>
    public SignalHandlers? TryCopy()
    {
        SignalHandlers? copy = TryMake();
        if (copy is null)
            return null;

        using IrqSpinLock.Guard guard = _lock.Lock();
        copy._actions = _actions;
        return copy;
    }

    /// <summary>Counts one more user.</summary>
    public void Get() => Interlocked.Increment(ref _references);

    /// <summary>Ends one use; the last one frees the table.</summary>
    public void Put()
    {
        int count = Interlocked.Decrement(ref _references);
        Bug.On(count < 0);
        if (count == 0)
            Kmem.Free(this);
    }

    /// <summary>Whether more than one task uses the table.</summary>
    public bool IsShared => Volatile.Read(ref _references) > 1;

    /// <summary>Reads a disposition.</summary>
    /// <remarks>Context: any.</remarks>
    public SignalAction Get(Signal signal)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        return _actions[(int)signal - 1];
    }

    /// <summary>Changes a disposition.</summary>
    /// <returns>The one before.</returns>
    public SignalAction Exchange(Signal signal, in SignalAction action)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        SignalAction before = _actions[(int)signal - 1];
        _actions[(int)signal - 1] = action;
        return before;
    }

    /// <summary>Reads a disposition to carry it out; SA_RESETHAND puts the default back.</summary>
    public SignalAction Take(Signal signal)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        SignalAction action = _actions[(int)signal - 1];
        if (action.IsCaught && action.Has(SignalFlags.SA_RESETHAND))
            _actions[(int)signal - 1].Handler = SignalAction.HandlerDefault;
        return action;
    }

    /// <summary>Puts defaults in place of handlers, whose code is gone (execve); what is ignored stays ignored.</summary>
    /// <param name="forgetsIgnored">Nothing stays ignored either (CLONE_CLEAR_SIGHAND).</param>
    public void Reset(bool forgetsIgnored)
    {
        using IrqSpinLock.Guard guard = _lock.Lock();
        for (int i = 0; i < (int)Signal.Last; i++)
        {
            bool keeps = _actions[i].IsIgnore && !forgetsIgnored;
            _actions[i] = keeps ? new SignalAction { Handler = SignalAction.HandlerIgnore } : default;
        }
    }
}
