// The machine of the bring-up protocol, for real.
using Commence.Arch;
using Commence.Locking;
using Commence.Time;

namespace Commence.Smp;

/// <summary>Messages to real processors.</summary>
internal readonly struct SmpMachine : ISmpMachine
{
    // A message that the interrupt controller has not sent after this long will not be sent (SDM Vol 3A §8.4.4: 100 ms).
    private const ulong DeliveryMaxNs = 100_000_000;

    public Nanoseconds Now => Clock.Monotonic();

    public Nanoseconds ResetDelay => SecondaryBoot.ResetDelay;

    public void Reset(CpuId cpu)
    {
        Processor processor = Processors.Get(cpu);
        using (LocalIrq.Disable())
            SecondaryBoot.Reset(processor.HardwareId);
        WaitForDelivery(processor);
    }

    public void EndReset(CpuId cpu)
    {
        Processor processor = Processors.Get(cpu);
        using (LocalIrq.Disable())
            SecondaryBoot.EndReset(processor.HardwareId);
        WaitForDelivery(processor);
    }

    public void Start(CpuId cpu)
    {
        Processor processor = Processors.Get(cpu);
        using (LocalIrq.Disable())
            SecondaryBoot.Start(processor.HardwareId, processor.BootPage);
        WaitForDelivery(processor);
    }

    public BootStage ReadStage(CpuId cpu) => SecondaryBoot.ReadStage(Processors.Get(cpu).BootPage);

    public ProcessorState ReadState(CpuId cpu) => Processors.Get(cpu).State;

    public bool TryAdvance(CpuId cpu, ProcessorState from, ProcessorState to) => Processors.Get(cpu).TryAdvance(from, to);

    public void Wake(CpuId cpu)
    {
        using LocalIrq.Guard irq = LocalIrq.Disable();
        InterruptController.SendReschedule(Processors.Get(cpu).HardwareId);
    }

    public void Relax() => Cpu.Relax();

    private void WaitForDelivery(Processor processor)
    {
        ulong end = 0;
        while (!SecondaryBoot.IsDelivered)
        {
            ulong now = Now.Value;
            if (end == 0)
                end = now + DeliveryMaxNs;
            if (now > end)
            {
                Printk.Error($"CPU{processor.Id}: APIC message to id {processor.HardwareId} not delivered");
                return;
            }

            Cpu.Relax();
        }
    }
}
