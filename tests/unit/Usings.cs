// The architecture that tests run on, by the names that the kernel uses.
global using AddressLayout = Commence.Arch.Hosted.HostedAddressLayout;
global using Cpu = Commence.Arch.Hosted.HostedCpu;
global using InterruptController = Commence.Arch.Hosted.HostedInterruptController;
global using LocalInterrupts = Commence.Arch.Hosted.HostedLocalInterrupts;
global using PageTableFormat = Commence.Arch.Hosted.HostedPageTable;
global using PerCpuArea = Commence.Arch.Hosted.HostedPerCpuArea;
global using SecondaryBoot = Commence.Arch.Hosted.HostedSecondaryBoot;
global using ThreadContext = Commence.Arch.Hosted.HostedThreadContext;
global using TrapFrame = Commence.Arch.Hosted.HostedTrapFrame;
global using UserCopy = Commence.Arch.Hosted.HostedUserCopy;
