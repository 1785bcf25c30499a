namespace Commence.Lib;

/// <summary>How much a message matters; the number is what Linux prints in <c>/dev/kmsg</c> and what <c>loglevel=</c> takes.</summary>
public enum LogLevel : byte
{
    /// <summary>The system is unusable.</summary>
    Emergency = 0,

    /// <summary>Somebody must act at once.</summary>
    Alert = 1,
    Critical = 2,
    Error = 3,
    Warning = 4,

    /// <summary>Normal, but worth noticing.</summary>
    Notice = 5,
    Info = 6,
    Debug = 7,
}
