// The battery-backed clock of the PC.
//
// Source: Motorola MC146818A data sheet, "Time, Calendar, and Alarm Locations", "Register A", "Register B".
namespace Commence.Drivers.Timer;

/// <summary>Reads the wall clock once, at boot.</summary>
public static class CmosClock
{
    private const byte RegisterSeconds = 0x00;
    private const byte RegisterMinutes = 0x02;
    private const byte RegisterHours = 0x04;
    private const byte RegisterDay = 0x07;
    private const byte RegisterMonth = 0x08;
    private const byte RegisterYear = 0x09;
    private const byte RegisterA = 0x0A;
    private const byte RegisterB = 0x0B;
    private const byte UpdateInProgress = 0x80;
    private const byte Is24Hour = 0x02;
    private const byte IsBinary = 0x04;
    private const byte HourIsAfternoon = 0x80;

    private const int UpdateSpinsMax = 100_000; // an update takes 2 ms at most
    private const int AttemptsMax = 10;
    private const int CenturyBase = 2000;
    private const ulong SecondsPerDay = 86_400;

    private struct Reading
    {
        internal byte Seconds;
        internal byte Minutes;
        internal byte Hours;
        internal byte Day;
        internal byte Month;
        internal byte Year;
    }

    /// <summary>Whether anything answers: a bus where nobody is reads as all ones, which no real register A does.</summary>
    /// <remarks>Context: early boot, one caller.</remarks>
    internal static bool IsPresent => ReadRegister(RegisterA) != byte.MaxValue || ReadRegister(RegisterB) != byte.MaxValue;

    /// <summary>Seconds since 1970-01-01 00:00 UTC, taking the clock to run in UTC; 0 if it makes no sense.</summary>
    /// <remarks>Context: early boot, one caller.</remarks>
    public static ulong ReadSeconds()
    {
        // Two equal readings: an update between the fields would show.
        Reading reading = Read();
        for (int i = 0; i < AttemptsMax; i++)
        {
            Reading again = Read();
            if (AreEqual(in reading, in again))
                return ToSeconds(in reading, ReadRegister(RegisterB));
            reading = again;
        }

        return 0;
    }

    private static Reading Read()
    {
        for (int i = 0; i < UpdateSpinsMax && (ReadRegister(RegisterA) & UpdateInProgress) != 0; i++)
            Cpu.Relax();
        return new Reading
        {
            Seconds = ReadRegister(RegisterSeconds),
            Minutes = ReadRegister(RegisterMinutes),
            Hours = ReadRegister(RegisterHours),
            Day = ReadRegister(RegisterDay),
            Month = ReadRegister(RegisterMonth),
            Year = ReadRegister(RegisterYear),
        };
    }

    private static bool AreEqual(in Reading a, in Reading b) =>
        a.Seconds == b.Seconds && a.Minutes == b.Minutes && a.Hours == b.Hours
        && a.Day == b.Day && a.Month == b.Month && a.Year == b.Year;

    private static ulong ToSeconds(in Reading raw, byte mode)
    {
        bool isBinary = (mode & IsBinary) != 0;
        int hours = Decode((byte)(raw.Hours & ~HourIsAfternoon), isBinary);
        if ((mode & Is24Hour) == 0)
            hours = (hours % 12) + ((raw.Hours & HourIsAfternoon) != 0 ? 12 : 0);
        int year = CenturyBase + Decode(raw.Year, isBinary);
        int month = Decode(raw.Month, isBinary);
        int day = Decode(raw.Day, isBinary);
        if (month is < 1 or > 12 || day is < 1 or > 31)
            return 0;

        ulong days = DaysSinceEpoch(year, month, day);
        return (days * SecondsPerDay) + ((ulong)hours * 3600) + ((ulong)Decode(raw.Minutes, isBinary) * 60)
            + (ulong)Decode(raw.Seconds, isBinary);
    }

    // Counted from 1 March, so that the leap day is the last of its year: the months before have 30.6 days on average.
    private static ulong DaysSinceEpoch(int year, int month, int day)
    {
        int shiftedYear = month <= 2 ? year - 1 : year;
        int shiftedMonth = month <= 2 ? month + 9 : month - 3;
        int dayOfYear = (((153 * shiftedMonth) + 2) / 5) + day - 1;
        int leapDays = (shiftedYear / 4) - (shiftedYear / 100) + (shiftedYear / 400);
        const int DaysTo1970 = 719_468; // from 1 March of year 0
        return (ulong)((shiftedYear * 365) + leapDays + dayOfYear - DaysTo1970);
    }

    private static int Decode(byte value, bool isBinary) => isBinary ? value : (value & 0xF) + ((value >> 4) * 10);

    internal static byte ReadRegister(byte register)
    {
        new IoPort(0x70).Write8(register);
        return new IoPort(0x71).Read8();
    }

    internal static void WriteRegister(byte register, byte value)
    {
        new IoPort(0x70).Write8(register);
        new IoPort(0x71).Write8(value);
    }
}
