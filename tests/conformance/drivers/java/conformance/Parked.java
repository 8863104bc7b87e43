package conformance;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * A call of a library that runs calls to their end: on a thread of its own, which is parked while the call lasts. Only
 * one thread runs at any time, so that the order of events is the driver's.
 */
public final class Parked implements Breaker.Call {
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    private final Semaphore paused = new Semaphore(0);
    private final Semaphore resumed = new Semaphore(0);
    private boolean entered;
    private Result result;

    private Parked() {}

    /** Runs a call through a breaker and throws what the call or the breaker throws. */
    public interface Through {
        void run(Callable<String> call) throws Exception;
    }

    /** Starts a call and waits until it is in the protected function, or returns null if it never gets there. */
    public static Breaker.Call start(Through breaker) {
        Parked call = new Parked();
        THREADS.execute(() -> call.run(breaker));
        call.paused.acquireUninterruptibly();
        return call.entered ? call : null;
    }

    private void run(Through breaker) {
        try {
            breaker.run(this::protectedCall);
        } catch (Exception refusedOrFailed) {
            // which of them it was, `entered` tells
        } finally {
            paused.release();
        }
    }

    private String protectedCall() throws Exception {
        if (entered) {
            throw new AssertionError("the library tries again");
        }
        entered = true;
        paused.release();
        resumed.acquireUninterruptibly();
        return result.get();
    }

    @Override
    public void complete(Result outcome) {
        result = outcome;
        resumed.release();
        paused.acquireUninterruptibly();
    }
}
