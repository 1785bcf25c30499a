// What every architecture's assembly imports for the contract's sake (x64: Usings.cs), and names of ours that the BCL has
// too: an alias comes before an imported namespace.
global using System;
global using System.Threading;
global using Mutex = Commence.Sched.Mutex;
global using Semaphore = Commence.Sched.Semaphore;
global using SpinLock = Commence.Locking.SpinLock;
global using Timer = Commence.Time.Timer;
