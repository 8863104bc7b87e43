package conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.twitter.finagle.Backoff;
import com.twitter.finagle.Failure;
import com.twitter.finagle.Service;
import com.twitter.finagle.ServiceFactory;
import com.twitter.finagle.Status;
import com.twitter.finagle.liveness.FailureAccrualFactory;
import com.twitter.finagle.liveness.FailureAccrualPolicy;
import com.twitter.finagle.service.ResponseClassifier;
import com.twitter.finagle.stats.NullStatsReceiver;
import com.twitter.util.Await;
import com.twitter.util.Duration;
import com.twitter.util.Future;
import com.twitter.util.Promise;
import com.twitter.util.Time;
import com.twitter.util.Timer;
import com.twitter.util.TimerTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import scala.Function0;
import scala.runtime.BoxedUnit;

/**
 * Finagle's failure accrual for one endpoint: which policy, the parameters of its constructor by their names, and the
 * backoff as an expression. A call is sent while the endpoint is open; the rest counts as refused, since the balancer
 * would send it elsewhere. Jitter is always at its midpoint.
 */
public final class OfFinagle implements Breaker.Library {
    private static final Pattern BACKOFF =
            Pattern.compile("(const|equalJittered|exponential)\\((\\w+)(?:, *(\\d+))??(?:, *(\\w+))?\\)");

    @Override
    public String licence() {
        return "Apache-2.0";
    }

    @Override
    public Breaker build(String id, JsonObject options) {
        Sent sent = new Sent();
        FailureAccrualFactory<String, String> endpoint = new FailureAccrualFactory<>(
                ServiceFactory.constant(sent),
                policy(options),
                ResponseClassifier.Default(),
                new FakeTimer(),
                NullStatsReceiver.get());
        return new Adapted(endpoint, sent);
    }

    private static FailureAccrualPolicy policy(JsonObject options) {
        Backoff backoff = backoff(options.get("markDeadFor").getAsString());
        return switch (options.get("policy").getAsString()) {
            case "consecutiveFailures" -> consecutive(options, backoff);
            case "successRate" -> FailureAccrualPolicy.successRate(
                    required(options), options.get("window").getAsInt(), backoff);
            case "successRateWithinDuration" -> within(options, backoff);
            case "successRateWithinDuration orElse consecutiveFailures" -> within(options, backoff)
                    .orElse(consecutive(options, backoff));
            default -> throw new AssertionError("no policy " + options.get("policy"));
        };
    }

    private static FailureAccrualPolicy consecutive(JsonObject options, Backoff backoff) {
        JsonElement failures = options.get("numFailures");
        int count = failures == null ? FailureAccrualPolicy.DefaultConsecutiveFailures() : failures.getAsInt();
        return FailureAccrualPolicy.consecutiveFailures(count, backoff);
    }

    private static FailureAccrualPolicy within(JsonObject options, Backoff backoff) {
        JsonElement window = options.get("window");
        JsonElement least = options.get("minRequestThreshold");
        return FailureAccrualPolicy.successRateWithinDuration(
                required(options),
                window == null ? FailureAccrualPolicy.DefaultSuccessRateWindow() : length(window.getAsString()),
                backoff,
                least == null ? FailureAccrualPolicy.DefaultMinimumRequestThreshold() : least.getAsInt());
    }

    private static double required(JsonObject options) {
        JsonElement rate = options.get("requiredSuccessRate");
        return rate == null ? FailureAccrualPolicy.DefaultSuccessRateThreshold() : rate.getAsDouble();
    }

    private static Backoff backoff(String expression) {
        Matcher match = BACKOFF.matcher(expression);
        if (!match.matches()) {
            throw new AssertionError("no backoff " + expression);
        }
        Duration start = length(match.group(2));
        return switch (match.group(1)) {
            case "const" -> Backoff.constant(start);
            case "equalJittered" -> Backoff.equalJittered(start, length(match.group(4)));
            default -> Backoff.exponential(start, Integer.parseInt(match.group(3)), length(match.group(4)));
        };
    }

    private static Duration length(String text) {
        return Duration.fromMilliseconds(Lengths.parse(text).toMillis());
    }

    private record Adapted(FailureAccrualFactory<String, String> endpoint, Sent sent) implements Breaker {
        @Override
        public Call start() {
            if (endpoint.status() != Status.Open$.MODULE$) {
                return null;
            }
            try {
                Await.result(endpoint.apply()).apply("request");
            } catch (Exception impossible) {
                throw new AssertionError(impossible);
            }
            Promise<String> response = sent.last;
            return result -> {
                switch (result) {
                    case SUCCESS -> response.setValue("done");
                    case FAILURE -> response.setException(new Result.Failure());
                    case IGNORED -> response.setException(Failure.ignorable("ignored"));
                }
            };
        }

        @Override
        public char state() {
            return switch (endpoint.getState().getClass().getSimpleName()) {
                case "Alive$" -> 'c';
                case "Dead$" -> 'o';
                case "ProbeOpen$", "ProbeClosed$" -> 'h';
                default -> throw new AssertionError("no state " + endpoint.getState());
            };
        }
    }

    /** The endpoint's own service, whose responses are ours to give. */
    private static final class Sent extends Service<String, String> {
        private Promise<String> last;

        @Override
        public Future<String> apply(String request) {
            last = new Promise<>();
            return last;
        }
    }

    private static final class FakeTimer implements Timer {
        @Override
        public TimerTask scheduleOnce(Time when, Function0<BoxedUnit> task) {
            long delay = when.inMilliseconds() - FakeTime.currentTimeMillis();
            FakeTime.Timer<BoxedUnit> timer = FakeTime.schedule(task::apply, TimeUnit.MILLISECONDS.toNanos(delay), 0);
            return () -> timer.cancel(false);
        }

        @Override
        public TimerTask schedulePeriodically(Time when, Duration period, Function0<BoxedUnit> task) {
            throw new UnsupportedOperationException("failure accrual needs no periodic timer");
        }

        @Override
        public void stop() {}
    }
}
