// What a program learns about a signal that it caught or waited for.
//
// Source: Linux UAPI, asm-generic/siginfo.h; sigaction(2), "The siginfo_t argument to a SA_SIGINFO handler".
//
//    0  signo   4  errno   8  code   16 … 127  depends on the code:
//   kill, tkill, rt_sigqueueinfo:  16 pid  20 uid  24 value        timer:  16 id  20 overrun  24 value
//   SIGCHLD:  16 pid  20 uid  24 status  32 utime  40 stime        fault:  16 address
using System.Runtime.InteropServices;

namespace Commence.Signals;

/// <summary>Origin and details of one signal (Linux: <c>siginfo_t</c>); 128 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public struct SignalInfo
{
    public const int SizeBytes = 128;

    [FieldOffset(0)] private int _signal;
    [FieldOffset(4)] private int _error;
    [FieldOffset(8)] private int _code;
    [FieldOffset(16)] private int _processId;
    [FieldOffset(20)] private uint _userId;
    [FieldOffset(24)] private int _status;
    [FieldOffset(32)] private long _userTime;
    [FieldOffset(40)] private long _systemTime;

    // These overlap the fields above; each kind of signal uses its own.
    [FieldOffset(16)] private ulong _address;
    [FieldOffset(24)] private ulong _value;

    public Signal Signal
    {
        readonly get => (Signal)_signal;
        set => _signal = (int)value;
    }

    public readonly SignalCode Code => (SignalCode)_code;

    /// <summary>The sender, or the child that changed state.</summary>
    public readonly int ProcessId => _processId;

    /// <summary>The sender's real user.</summary>
    public readonly uint UserId => _userId;

    /// <summary>A child's exit code or signal.</summary>
    public readonly int Status => _status;

    /// <summary>The address that a fault concerns.</summary>
    public readonly UserAddr Address => new(_address);

    /// <summary>Sent by the kernel itself: such a signal may reach processes that users may not touch.</summary>
    public readonly bool IsFromKernel => _code > 0;

    /// <summary>A signal that a process sent with <c>kill</c> (code SI_USER) or <c>tgkill</c> (SI_TKILL).</summary>
    public static SignalInfo FromUser(Signal signal, SignalCode code, int processId, uint userId) => new()
    {
        _signal = (int)signal,
        _code = (int)code,
        _processId = processId,
        _userId = userId,
    };

    /// <summary>A signal that the kernel sends without details (SI_KERNEL).</summary>
    public static SignalInfo FromKernel(Signal signal) => new() { _signal = (int)signal, _code = (int)SignalCode.SI_KERNEL };

    /// <summary>A signal for what the program itself did at <paramref name="address"/>.</summary>
    public static SignalInfo FromFault(Signal signal, SignalCode code, UserAddr address) => new()
    {
        _signal = (int)signal,
        _code = (int)code,
        _address = address.Value,
    };

    /// <summary>SIGCHLD: a child ended, stopped or went on. Times are in ticks of 1/100 s.</summary>
    public static SignalInfo FromChild(SignalCode code, int processId, uint userId, int status, long userTime, long systemTime) => new()
    {
        _signal = (int)Signal.SIGCHLD,
        _code = (int)code,
        _processId = processId,
        _userId = userId,
        _status = status,
        _userTime = userTime,
        _systemTime = systemTime,
    };
}

/// <summary>Why a signal was sent. Positive: by the kernel. The values of SIGILL, SIGFPE, SIGSEGV, … overlap.</summary>
public enum SignalCode
{
    SI_USER = 0,
    SI_KERNEL = 0x80,
    SI_QUEUE = -1,
    SI_TIMER = -2,
    SI_TKILL = -6,

    ILL_ILLOPN = 2,

    FPE_INTDIV = 1,
    FPE_INTOVF = 2,
    FPE_FLTDIV = 3,
    FPE_FLTOVF = 4,
    FPE_FLTUND = 5,
    FPE_FLTRES = 6,
    FPE_FLTINV = 7,

    SEGV_MAPERR = 1,
    SEGV_ACCERR = 2,

    BUS_ADRALN = 1,
    BUS_ADRERR = 2,

    TRAP_BRKPT = 1,
    TRAP_TRACE = 2,

    CLD_EXITED = 1,
    CLD_KILLED = 2,
    CLD_DUMPED = 3,
    CLD_TRAPPED = 4,
    CLD_STOPPED = 5,
    CLD_CONTINUED = 6,
}
