package conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.netflix.config.ConfigurationManager;
import com.netflix.hystrix.HystrixCircuitBreaker;
import com.netflix.hystrix.HystrixCommandGroupKey;
import com.netflix.hystrix.HystrixCommandKey;
import com.netflix.hystrix.HystrixObservableCommand;
import com.netflix.hystrix.exception.HystrixBadRequestException;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import rx.Observable;
import rx.Scheduler;
import rx.Subscription;
import rx.functions.Action0;
import rx.plugins.RxJavaHooks;
import rx.subjects.AsyncSubject;
import rx.subscriptions.CompositeSubscription;
import rx.subscriptions.Subscriptions;

/**
 * Hystrix: properties of a command by their names after `hystrix.command.KEY.`. Each call is an observable command,
 * isolated by a semaphore that never refuses, and without a timeout unless the options say otherwise.
 */
public final class OfHystrix implements Breaker.Library {
    private static final Set<String> KNOWN = Set.of(
            "circuitBreaker.enabled",
            "circuitBreaker.forceOpen",
            "circuitBreaker.forceClosed",
            "circuitBreaker.requestVolumeThreshold",
            "circuitBreaker.errorThresholdPercentage",
            "circuitBreaker.sleepWindowInMilliseconds",
            "metrics.rollingStats.timeInMilliseconds",
            "metrics.healthSnapshot.intervalInMilliseconds",
            "execution.isolation.semaphore.maxConcurrentRequests");
    private int commands;

    public OfHystrix() {
        RxJavaHooks.setOnComputationScheduler(unused -> new FakeScheduler());
    }

    @Override
    public String licence() {
        return "Apache-2.0";
    }

    @Override
    public Breaker build(String id, JsonObject options) {
        HystrixCommandKey key = HystrixCommandKey.Factory.asKey("command" + commands++);
        set(key, "execution.timeout.enabled", false);
        set(key, "execution.isolation.semaphore.maxConcurrentRequests", 1_000_000);
        for (Map.Entry<String, JsonElement> option : options.entrySet()) {
            if (!KNOWN.contains(option.getKey())) {
                throw new AssertionError("no property " + option.getKey());
            }
            set(key, option.getKey(), option.getValue().getAsString());
        }
        new Command(key); // makes the breaker, whose metrics begin to count now
        return new Adapted(key, HystrixCircuitBreaker.Factory.getInstance(key));
    }

    private static void set(HystrixCommandKey key, String property, Object value) {
        ConfigurationManager.getConfigInstance().setProperty("hystrix.command." + key.name() + "." + property, value);
    }

    private record Adapted(HystrixCommandKey key, HystrixCircuitBreaker breaker) implements Breaker {
        @Override
        public Call start() {
            Command command = new Command(key);
            command.toObservable().subscribe(unused -> {}, failure -> {});
            return command.running ? command::complete : null;
        }

        @Override
        public char state() {
            if (breaker == null) { // with `circuitBreaker.enabled` false
                return 'c';
            }
            Object status = field("status");
            if (status != null) {
                return Character.toLowerCase(((AtomicReference<?>) status).get().toString().charAt(0));
            }
            // 1.5.18 went back to the breaker of 1.5.11, which knows no half-open state.
            return ((AtomicBoolean) field("circuitOpen")).get() ? 'o' : 'c';
        }

        private Object field(String name) {
            try {
                Field field = breaker.getClass().getDeclaredField(name);
                field.setAccessible(true);
                return field.get(breaker);
            } catch (NoSuchFieldException absent) {
                return null;
            } catch (IllegalAccessException impossible) {
                throw new AssertionError(impossible);
            }
        }
    }

    private static final class Command extends HystrixObservableCommand<String> {
        private final AsyncSubject<String> outcome = AsyncSubject.create();
        private boolean running;

        private Command(HystrixCommandKey key) {
            super(Setter.withGroupKey(HystrixCommandGroupKey.Factory.asKey("conformance")).andCommandKey(key));
        }

        @Override
        protected Observable<String> construct() {
            running = true;
            return outcome;
        }

        private void complete(Result result) {
            switch (result) {
                case SUCCESS -> {
                    outcome.onNext("done");
                    outcome.onCompleted();
                }
                case FAILURE -> outcome.onError(new Result.Failure());
                case IGNORED -> outcome.onError(new HystrixBadRequestException("ignored"));
            }
        }
    }

    /** Runs what has no delay at once, as an idle thread would, and the rest while time advances. */
    private static final class FakeScheduler extends Scheduler {
        @Override
        public Worker createWorker() {
            return new Worker() {
                private final CompositeSubscription tasks = new CompositeSubscription();

                @Override
                public Subscription schedule(Action0 action) {
                    return schedule(action, 0, TimeUnit.NANOSECONDS);
                }

                @Override
                public Subscription schedule(Action0 action, long delay, TimeUnit unit) {
                    if (isUnsubscribed()) {
                        return Subscriptions.unsubscribed();
                    }
                    if (delay <= 0) {
                        action.call();
                        return Subscriptions.unsubscribed();
                    }
                    Subscription task = Subscriptions.from(FakeTime.schedule(
                            () -> {
                                action.call();
                                return null;
                            },
                            unit.toNanos(delay),
                            0));
                    tasks.add(task);
                    return task;
                }

                @Override
                public void unsubscribe() {
                    tasks.unsubscribe();
                }

                @Override
                public boolean isUnsubscribed() {
                    return tasks.isUnsubscribed();
                }
            };
        }
    }
}
