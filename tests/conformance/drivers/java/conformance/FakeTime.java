package conformance;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** The one clock of the process, and the timers that run on it. Whole milliseconds since 1970. */
public final class FakeTime {
    private static final PriorityQueue<Timer<?>> timers =
            new PriorityQueue<>(Comparator.<Timer<?>>comparingLong(timer -> timer.due).thenComparingLong(timer -> timer.order));
    private static long now;
    private static long ordered;

    private FakeTime() {}

    /** Sets the clock and forgets every timer. */
    static void reset(long epoch) {
        timers.clear();
        now = epoch;
    }

    /** Lets time pass until an instant. Each timer due by then runs at the instant when it is due. */
    static void advance(long until) {
        while (!timers.isEmpty() && timers.peek().due <= until) {
            Timer<?> timer = timers.poll();
            now = Math.max(now, timer.due);
            timer.run();
        }
        now = until;
    }

    public static long currentTimeMillis() {
        return now;
    }

    public static long nanoTime() {
        return TimeUnit.MILLISECONDS.toNanos(now);
    }

    /** Stands for the draw from [0, 1): its midpoint. */
    public static double random() {
        return 0.5;
    }

    /** Stands for the draw from [0, bound): its midpoint. */
    public static long nextLong(ThreadLocalRandom unused, long bound) {
        return bound / 2;
    }

    public static Clock systemUTC() {
        return new Clock() {
            @Override
            public Instant instant() {
                return Instant.ofEpochMilli(now);
            }

            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }
        };
    }

    /** Runs a task once the length of time has passed; `period` is 0 for once only. Both in nanoseconds. */
    public static <V> Timer<V> schedule(Callable<V> task, long delay, long period) {
        Timer<V> timer = new Timer<>(task, period);
        timer.start(delay);
        return timer;
    }

    public static ScheduledExecutorService newSingleThreadScheduledExecutor(ThreadFactory unused) {
        return new Executor();
    }

    /** A task that waits for its instant. */
    public static final class Timer<V> extends FutureTask<V> implements RunnableScheduledFuture<V> {
        private final long period;
        private long due;
        private long order;

        private Timer(Callable<V> task, long period) {
            super(task);
            this.period = period;
        }

        private void start(long delay) {
            due = now + (Math.max(0, delay) + 999_999) / 1_000_000;
            order = ordered++;
            timers.add(this);
        }

        @Override
        public void run() {
            if (period == 0) {
                super.run();
            } else if (runAndReset()) {
                start(period);
            }
        }

        @Override
        public boolean cancel(boolean interrupt) {
            timers.remove(this);
            return super.cancel(interrupt);
        }

        @Override
        public boolean isPeriodic() {
            return period != 0;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - now, TimeUnit.MILLISECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    /** Starts no thread: its tasks run while time advances. */
    private static final class Executor extends ScheduledThreadPoolExecutor {
        private Executor() {
            super(0);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            return FakeTime.schedule(java.util.concurrent.Executors.callable(task), unit.toNanos(delay), 0);
        }

        @Override
        public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
            return FakeTime.schedule(task, unit.toNanos(delay), 0);
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long delay, long period, TimeUnit unit) {
            return FakeTime.schedule(
                    java.util.concurrent.Executors.callable(task), unit.toNanos(delay), unit.toNanos(period));
        }
    }
}
