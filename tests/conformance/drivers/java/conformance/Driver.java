package conformance;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.PriorityQueue;

/** Reads requests, lets a library's breaker answer each call of each, and prints what it answered. */
public final class Driver {
    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().create();

    private final Request request;
    private final Breaker breaker;
    private final Breaker.Call[] running;
    private final StringBuilder permitted = new StringBuilder();
    private final StringBuilder before = new StringBuilder();
    private final char[] after;

    private Driver(Request request, Breaker breaker) {
        this.request = request;
        this.breaker = breaker;
        running = new Breaker.Call[request.t.length];
        after = new char[request.t.length];
    }

    private record Request(String id, JsonObject options, long epoch, long[] t, long[] d, String r) {}

    /** Arguments: the library, its version, and the class that adapts it. */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err); // libraries greet on standard output
        FakeTimeLoader loader = new FakeTimeLoader();
        Thread.currentThread().setContextClassLoader(loader);
        FakeTime.reset(1_700_000_000_000L);
        Breaker.Library library =
                (Breaker.Library) loader.loadClass(arguments[2]).getDeclaredConstructor().newInstance();
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("library", arguments[0]);
        header.put("version", arguments[1]);
        header.put("licence", library.licence());
        header.put("language", "Java");
        header.put("runtime", "java" + System.getProperty("java.version"));
        out.println(JSON.toJson(header));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (!line.isBlank()) {
                out.println(JSON.toJson(answer(library, JSON.fromJson(line, Request.class))));
            }
        }
        out.flush();
        System.exit(0); // whatever threads the library has begun
    }

    private static Map<String, Object> answer(Breaker.Library library, Request request) throws Exception {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", request.id);
        FakeTime.reset(request.epoch);
        Breaker breaker;
        try {
            breaker = library.build(request.id, request.options);
        } catch (RuntimeException refused) {
            answer.put("error", String.valueOf(refused.getMessage()));
            return answer;
        }
        Driver driver = new Driver(request, breaker);
        driver.run();
        answer.put("p", driver.permitted.toString());
        answer.put("before", driver.before.toString());
        answer.put("after", new String(driver.after));
        return answer;
    }

    private void run() throws Exception {
        PriorityQueue<Integer> unfinished =
                new PriorityQueue<>(Comparator.<Integer>comparingLong(this::end).thenComparingInt(call -> call));
        for (int call = 0; call < request.t.length; call++) {
            long start = request.epoch + request.t[call];
            while (!unfinished.isEmpty() && end(unfinished.peek()) <= start) {
                complete(unfinished.poll());
            }
            FakeTime.advance(start);
            before.append(breaker.state());
            running[call] = breaker.start();
            permitted.append(running[call] == null ? '0' : '1');
            if (running[call] == null) {
                after[call] = breaker.state();
            } else if (request.d[call] == 0) {
                complete(call);
            } else {
                unfinished.add(call);
            }
        }
        while (!unfinished.isEmpty()) {
            complete(unfinished.poll());
        }
    }

    private long end(int call) {
        return request.epoch + request.t[call] + request.d[call];
    }

    private void complete(int call) throws Exception {
        FakeTime.advance(end(call));
        running[call].complete(Result.of(request.r.charAt(call)));
        running[call] = null;
        after[call] = breaker.state();
    }
}
