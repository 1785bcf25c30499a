// The one place that binds the architecture contract to the host.
global using AddressLayout = Commence.Arch.Hosted.HostedAddressLayout;
global using Cpu = Commence.Arch.Hosted.HostedCpu;
global using CpuInfo = Commence.Arch.Hosted.HostedCpuInfo;
global using ImageLayout = Commence.Arch.Hosted.HostedImageLayout;
global using InterruptController = Commence.Arch.Hosted.HostedInterruptController;
global using LocalInterrupts = Commence.Arch.Hosted.HostedLocalInterrupts;
global using PageTableFormat = Commence.Arch.Hosted.HostedPageTable;
global using PerCpuArea = Commence.Arch.Hosted.HostedPerCpuArea;
global using PortSpace = Commence.Arch.Hosted.HostedPorts;
global using SecondaryBoot = Commence.Arch.Hosted.HostedSecondaryBoot;
global using SignalFrame = Commence.Arch.Hosted.HostedSignalFrame;
global using StackWalker = Commence.Arch.Hosted.HostedStackWalker;
global using ThreadContext = Commence.Arch.Hosted.HostedThreadContext;
global using TrapFrame = Commence.Arch.Hosted.HostedTrapFrame;
global using UserAbi = Commence.Arch.Hosted.HostedUserAbi;
global using UserCopy = Commence.Arch.Hosted.HostedUserCopy;
