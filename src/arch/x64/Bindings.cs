// The one place that binds the architecture contract to x86-64.
global using AddressLayout = Commence.Arch.X64.X64AddressLayout;
global using Cpu = Commence.Arch.X64.X64Cpu;
global using CpuInfo = Commence.Arch.X64.X64CpuInfo;
global using ImageLayout = Commence.Arch.X64.X64ImageLayout;
global using InterruptController = Commence.Arch.X64.X64InterruptController;
global using LocalInterrupts = Commence.Arch.X64.X64LocalInterrupts;
global using PageTableFormat = Commence.Arch.X64.X64PageTable;
global using PerCpuArea = Commence.Arch.X64.X64PerCpuArea;
global using PortSpace = Commence.Arch.X64.X64Ports;
global using SecondaryBoot = Commence.Arch.X64.X64SecondaryBoot;
global using SignalFrame = Commence.Arch.X64.X64SignalFrame;
global using StackWalker = Commence.Arch.X64.X64StackWalker;
global using ThreadContext = Commence.Arch.X64.X64ThreadContext;
global using TrapFrame = Commence.Arch.X64.X64TrapFrame;
global using UserAbi = Commence.Arch.X64.X64UserAbi;
global using UserCopy = Commence.Arch.X64.X64UserCopy;
